"""SDL103: seeded only when an option is given or a branch is taken."""

from __future__ import annotations

from collections.abc import Iterator

from seedlint.fixes.remedy import FixDefault
from seedlint.flow.timeline import Moment, Timeline
from seedlint.rule import Report, Rule, Severity
from seedlint_rules.wording import drawn, draws


class ConditionalSeed(Rule):
    """Seeded only when an option is given or a branch is taken."""

    code = "SDL103"
    name = "conditional-seed"
    summary = "seeded only when an option is given or a branch is taken"
    severity = Severity.WARNING

    def check(self, timeline: Timeline) -> Iterator[Report]:
        """Report each seed that some ordinary run skips before a draw, at the seed."""
        if not timeline.reached:
            return
        told = set()
        for draw in draws(timeline, "conditional"):
            key = (draw.state.seed, draw.stream)
            if key in told:
                continue
            told.add(key)
            seed = self._seed(timeline, draw)
            if seed is not None:
                yield self._report(timeline, draw, seed)

    def remedies(self, report: Report, timeline: Timeline) -> Iterator[FixDefault]:
        """Give the option a fixed default."""
        draws_after = (m for m in draws(timeline, "conditional") if m.state.seed == report.moment.inner)
        draw = next(iter(draws_after), None)
        yield FixDefault(draw.state.option if draw is not None else "", (report.moment.stream,))

    def _seed(self, timeline: Timeline, draw: Moment) -> Moment | None:
        """The seed that a run may skip."""
        for moment in timeline.seeds(draw.stream):
            if moment.inner == draw.state.seed:
                return moment
        return None

    def _report(self, timeline: Timeline, draw: Moment, seed: Moment) -> Report:
        option = draw.state.option
        when = f"only when {option} is given" if option else "only on one branch"
        place = timeline.place(draw.spot)
        message = (
            f"the {draw.stream} stream is seeded {when}, and `{drawn(draw)}` draws from it at {place} "
            f"when {timeline.path} runs without it"
        )
        help_text = "Give the option a fixed default, or seed on every branch."
        return Report(seed, message, help_text, Severity.WARNING, draw.stream, draw.stream)
