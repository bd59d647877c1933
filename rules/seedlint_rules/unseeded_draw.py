"""SDL101: a draw from a stream that no seed reaches on this run."""

from __future__ import annotations

from collections.abc import Iterator

from seedlint.fixes.remedy import Advise, Seed
from seedlint.flow.timeline import Moment, Timeline
from seedlint.knowledge.schema import CallRow
from seedlint.rule import Report, Rule, Severity
from seedlint_rules.wording import drawn, draws, loaded, looked, name, seed_call, seeded_instead, severity, when

_OTHER_DEVICES = frozenset({"cuda", "mps", "xpu"})


class UnseededDraw(Rule):
    """A draw from a stream that no seed reaches on this run."""

    code = "SDL101"
    name = "unseeded-draw"
    summary = "a draw from a stream that no seed reaches on this run"

    @classmethod
    def asks(cls, row: CallRow, unseeded: frozenset[str]) -> bool:
        """Ask for draws in a call's own name from what nothing seeds."""
        return not (row.module or unseeded.isdisjoint(row.draws))

    def check(self, timeline: Timeline) -> Iterator[Report]:
        """Report draws that nothing seeds, whether an entry reaches them or not."""
        exposures = ("unseeded",) if timeline.reached else ("unseeded", "late")
        for moment in draws(timeline, *exposures):
            if timeline.reached:
                if moment.stream not in _OTHER_DEVICES or not timeline.seeds():
                    yield self._reached(moment, timeline)
            elif timeline.library or self._nobody_seeds(moment, timeline):
                yield self._unreached(moment, timeline)

    def remedies(self, report: Report, timeline: Timeline) -> Iterator[Seed | Advise]:
        """Seed the stream where the run begins; what no entry reaches is left to its callers."""
        if timeline.reached:
            yield Seed((report.moment.stream,))
        else:
            yield Advise(report.help, "no entry of the project reaches it, so that where its run begins is not known")

    def _nobody_seeds(self, moment: Moment, timeline: Timeline) -> bool:
        """Whether an explicit draw of a numerical stream is left unseeded by the whole project."""
        numerical = moment.stream in timeline.numerical and moment.stream not in timeline.seeded
        return numerical and not moment.detail["implicit"]

    def _reached(self, moment: Moment, timeline: Timeline) -> Report:
        stream = moment.stream
        message = (
            f"`{drawn(moment)}` draws from the {stream} stream, which no seed reaches "
            f"{when(timeline, moment)}{looked(moment)}{seeded_instead(timeline, stream)}"
            f"{loaded(timeline, moment)}"
        )
        help_text = f"Call `{seed_call(stream)}` before this line."
        return Report(moment, message, help_text, severity(moment), stream, stream)

    def _unreached(self, moment: Moment, timeline: Timeline) -> Report:
        stream = name(moment.stream)
        unseeded = f"nothing in the project seeds {stream}"
        if moment.stream in timeline.seeded:
            unseeded = f"whether {stream} is seeded by then is up to its callers"
        message = (
            f"`{drawn(moment)}` draws from the {moment.stream} stream; no entry reaches this function, and {unseeded}"
        )
        help_text = f"Call `{seed_call(moment.stream)}` where the program starts, or pass a generator in."
        return Report(moment, message, help_text, Severity.WARNING, moment.stream, moment.stream)
