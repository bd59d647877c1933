"""SDL102: a draw that runs before the seed this run sets later."""

from __future__ import annotations

from collections.abc import Iterator

from seedlint.fixes.remedy import SeedEarlier
from seedlint.flow.timeline import Timeline
from seedlint.rule import Report, Rule
from seedlint_rules.wording import drawn, draws, severity, when


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
                f"{when(timeline, moment)}"
            )
            help_text = f"Move the seed at {seed} above this draw."
            yield Report(moment, message, help_text, severity(moment), moment.stream, f"{moment.stream}@{seed}")

    def remedies(self, report: Report, timeline: Timeline) -> Iterator[SeedEarlier]:
        """Have the seed before the draw."""
        if report.moment.later is not None:
            yield SeedEarlier(report.moment.later)
