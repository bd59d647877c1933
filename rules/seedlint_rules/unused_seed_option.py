"""SDL107: a seed option is declared and never reaches a seed."""

from __future__ import annotations

from collections.abc import Iterator

from seedlint.fixes.remedy import Seed
from seedlint.flow.timeline import Moment, Timeline
from seedlint.rule import Report, Rule, Severity
from seedlint_rules.wording import drawn, draws, seed_call

_EXPOSED = ("unseeded", "parameter", "child", "worker")


class UnusedSeedOption(Rule):
    """A seed option is declared and never reaches a seed."""

    code = "SDL107"
    name = "unused-seed-option"
    summary = "a seed option is declared and never reaches a seed"

    def check(self, timeline: Timeline) -> Iterator[Report]:
        """Report seed options that nothing can have used, in a run that draws from unseeded streams."""
        if not timeline.reached:
            return
        used = {moment.callee for moment in timeline.of("use")} | {seed.detail["option"] for seed in timeline.seeds()}
        options = [option for option in timeline.of("option") if option.callee not in used]
        draw = next(iter(draws(timeline, *_EXPOSED)), None) if options else None
        if draw is not None:
            for option in options:
                yield self._report(option, draw, timeline)

    def remedies(self, report: Report, timeline: Timeline) -> Iterator[Seed]:
        """Seed what is drawn; a fix that seeds a run takes the option that it declares."""
        streams = dict.fromkeys(draw.stream for draw in draws(timeline, *_EXPOSED))
        yield Seed(tuple(streams))

    def _report(self, option: Moment, draw: Moment, timeline: Timeline) -> Report:
        message = (
            f"{timeline.path} declares {option.callee} and never seeds with it, and `{drawn(draw)}` draws from the "
            f"unseeded {draw.stream} stream at {timeline.place(draw.spot)}"
        )
        help_text = f"Call `{seed_call(draw.stream)}` with the value of {option.callee} before anything draws."
        return Report(option, message, help_text, Severity.ERROR, None, f"option:{option.callee}")
