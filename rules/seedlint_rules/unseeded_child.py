"""SDL106: a spawned process draws without seeding in the child."""

from __future__ import annotations

from collections.abc import Iterator

from seedlint.fixes.remedy import SeedChild
from seedlint.flow.timeline import Timeline
from seedlint.rule import Report, Rule
from seedlint_rules.wording import drawn, draws, given, seed_call, severity


class UnseededChild(Rule):
    """A spawned process draws without seeding in the child."""

    code = "SDL106"
    name = "unseeded-child"
    summary = "a spawned process draws without seeding in the child"

    def check(self, timeline: Timeline) -> Iterator[Report]:
        """Report draws of a child process whose parent's seed does not reach it."""
        for moment in draws(timeline, "child"):
            message = (
                f"`{drawn(moment)}` draws from the {moment.stream} stream in a child process that "
                f"{timeline.path} starts afresh{given(moment)}; the parent's seed does not reach it"
            )
            help_text = f"Call `{seed_call(moment.stream)}` at the top of the function that the child runs."
            yield Report(moment, message, help_text, severity(moment), moment.stream, f"child:{moment.stream}")

    def remedies(self, report: Report, timeline: Timeline) -> Iterator[SeedChild]:
        """Seed where the child begins."""
        yield SeedChild((report.moment.stream,))
