"""SDL102: a draw that runs before the seed this run sets later."""

from __future__ import annotations

from collections.abc import Iterator

from seedlint.fixes.remedy import SeedEarlier
from seedlint.flow.timeline import Moment, Timeline
from seedlint.rule import Report, Rule
from seedlint_rules.wording import drawn, draws, loaded, looked, seed_call, severity, when


class LateSeed(Rule):
    """A draw that runs before the seed this run sets later."""

    code = "SDL102"
    name = "late-seed"
    summary = "a draw that runs before the seed this run sets later"

    def check(self, timeline: Timeline) -> Iterator[Report]:
        """Report draws whose stream the same process seeds only afterwards."""
        if not timeline.reached:
            return
        for moment in draws(timeline, "late"):
            assert moment.later is not None
            seed = timeline.place(moment.later)
            message = (
                f"`{drawn(moment)}` draws from the {moment.stream} stream before the seed at {seed} "
                f"{when(timeline, moment)}{looked(moment)}{loaded(timeline, moment)}"
            )
            help_text = self._help(moment, timeline)
            yield Report(moment, message, help_text, severity(moment), moment.stream, f"{moment.stream}@{seed}")

    def _help(self, moment: Moment, timeline: Timeline) -> str:
        """To move a seed is no advice where it is a part of what an object's construction does."""
        seed = next(seed for seed in timeline.seeds(moment.stream) if seed.spot == moment.later)
        if seed.callee.rpartition(".")[2][:1].isupper():
            return f"Call `{seed_call(moment.stream)}` before this draw; `{seed.callee}` seeds too late for it."
        return f"Move the seed at {timeline.place(seed.spot)} above this draw."

    def remedies(self, report: Report, timeline: Timeline) -> Iterator[SeedEarlier]:
        """Have the seed before the draw."""
        if report.moment.later is not None:
            yield SeedEarlier(report.moment.later)
