"""SDL903: library code draws from a global stream; opt-in."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from seedlint.fixes.remedy import Advise
from seedlint.flow.timeline import Moment, Timeline
from seedlint.knowledge.schema import CallRow
from seedlint.rule import Report, Rule, Severity
from seedlint_rules.wording import drawn

_GENERATORS = {
    "random": "`random.Random`",
    "numpy": "`numpy.random.Generator`",
    "torch": "`torch.Generator`",
}


class GlobalStreamInLibrary(Rule):
    """Library code draws from a global stream instead of taking a generator (SPEC 7, NEP 19)."""

    code = "SDL903"
    name = "global-stream-in-library"
    summary = "library code draws from a global stream instead of taking a generator (SPEC 7, NEP 19)"
    severity = Severity.NOTE
    default = False

    @classmethod
    def asks(cls, row: CallRow, unseeded: frozenset[str]) -> bool:
        """Ask for draws in a call's own name, whatever else seeds their stream."""
        return not (row.module or _GENERATORS.keys().isdisjoint(row.draws))

    def check(self, timeline: Timeline) -> Iterator[Report]:
        """Report explicit draws in modules that are imported, and in functions that no entry reaches."""
        for draw in timeline.of("draw"):
            library = draw.inner.module != timeline.entry or not timeline.reached
            if library and draw.stream in _GENERATORS and not draw.detail["implicit"]:
                yield self._report(replace(draw, spot=draw.inner))

    def remedies(self, report: Report, timeline: Timeline) -> Iterator[Advise]:
        """Say what to take as a parameter."""
        yield Advise(report.help, "a new parameter changes the function for all its callers")

    def _report(self, draw: Moment) -> Report:
        message = (
            f"`{drawn(draw)}` draws from the {draw.stream} stream of the whole process, which this module's callers "
            "share with everybody else"
        )
        help_text = f"Take a {_GENERATORS[draw.stream]} as a parameter, and draw from it."
        return Report(draw, message, help_text, self.severity, draw.stream, f"library:{draw.stream}")
