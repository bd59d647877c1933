"""SDL403: `worker_init_fn` gives every worker, or every epoch, the same state."""

from __future__ import annotations

from collections.abc import Iterator

from seedlint.fixes.remedy import FollowLoader
from seedlint.flow.timeline import Moment, Timeline
from seedlint.rule import Report, Rule, Severity
from seedlint_rules.wording import drawn, draws, in_worker

_HOOK = "worker_init_fn"


class ConstantWorkerSeed(Rule):
    """`worker_init_fn` gives every worker, or every epoch, the same state."""

    code = "SDL403"
    name = "constant-worker-seed"
    summary = "`worker_init_fn` gives every worker, or every epoch, the same state"
    severity = Severity.WARNING

    def check(self, timeline: Timeline) -> Iterator[Report]:
        """Report seeds in `worker_init_fn` that follow nothing but constants, options and the worker's number."""
        told = set()
        for seed in timeline.seeds():
            if not in_worker(seed) or not seed.detail["fixed"] or (seed.spot, seed.stream) in told:
                continue
            draw = self._draw(seed, timeline)
            if draw is not None and any(step.text.endswith(_HOOK) for step in seed.chain):
                told.add((seed.spot, seed.stream))
                yield self._report(seed, draw, timeline)

    def remedies(self, report: Report, timeline: Timeline) -> Iterator[FollowLoader]:
        """Seed from the state that the loader gives the worker."""
        bound = " % 2**32" if report.moment.stream == "numpy" else ""
        yield FollowLoader(report.moment.callee, "torch.initial_seed", bound)

    def _draw(self, seed: Moment, timeline: Timeline) -> Moment | None:
        """What the worker draws from the seeded stream."""
        for draw in draws(timeline, "covered", "conditional"):
            if draw.stream == seed.stream and draw.process == seed.process and draw.state.seed == seed.inner:
                return draw
        return None

    def _report(self, seed: Moment, draw: Moment, timeline: Timeline) -> Report:
        message = (
            f"`{seed.callee}` in `{_HOOK}` puts the {seed.stream} stream into the same state in every epoch, so that "
            f"`{drawn(draw)}` at {timeline.place(draw.inner)} repeats itself when {timeline.path} runs"
        )
        help_text = (
            "Seed from the state that the loader gives the worker, which differs in every worker and epoch: "
            f"`{seed.callee}(torch.initial_seed() % 2**32)`."
        )
        return Report(seed, message, help_text, self.severity, seed.stream, f"worker-seed:{seed.stream}")
