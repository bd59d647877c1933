"""SDL104: a seed whose value changes from run to run."""

from __future__ import annotations

from collections.abc import Iterator

from seedlint.fixes.remedy import FixValue
from seedlint.flow.timeline import Moment, Timeline
from seedlint.rule import Report, Rule, Severity
from seedlint_rules.wording import drawn, draws, follows_torch, given, in_worker, seed_call, severity


class EntropySeed(Rule):
    """The seed's value changes from run to run."""

    code = "SDL104"
    name = "entropy-seed"
    summary = "the seed's value changes from run to run: None, time, pid, os.urandom, hash(str)"

    def check(self, timeline: Timeline) -> Iterator[Report]:
        """Report seeds that leave their streams in a different state on each run."""
        if not timeline.reached:
            return
        told = set()
        drawn = {(draw.state.seed, draw.stream) for draw in draws(timeline, "entropy")}
        # Of the streams that one call seeds, a finding names one that is drawn from.
        for moment in sorted(timeline.seeds(), key=lambda seed: (seed.inner, seed.stream) not in drawn):
            if in_worker(moment) and follows_torch(moment):
                continue  # the loader's base seed is what is missing: SDL401
            if moment.state.kind == "entropy" and moment.spot not in told and self._used(moment, timeline):
                told.add(moment.spot)
                yield self._report(moment, timeline)
        for draw in draws(timeline, "entropy"):
            if draw.state.seed is None:
                yield self._seeded_by_plugin(draw, timeline)

    def remedies(self, report: Report, timeline: Timeline) -> Iterator[FixValue]:
        """Give the seed a value that stays; that of a plugin is not the program's."""
        moment = report.moment
        if moment.kind == "draw":
            return
        streams = tuple(m.stream for m in timeline.seeds() if m.inner == moment.inner)
        yield FixValue(moment.callee, streams, moment.detail["option"])

    def _used(self, seed: Moment, timeline: Timeline) -> bool:
        """Whether something draws from the stream before a fixed seed replaces this one."""
        if any(draw.state.seed == seed.inner for draw in draws(timeline, "entropy")):
            return True
        return not any(
            other.order > seed.order and other.state.kind == "seeded" for other in timeline.seeds(seed.stream)
        )

    def _seeded_by_plugin(self, draw: Moment, timeline: Timeline) -> Report:
        """A draw from a stream that a plugin of the test runner seeds, as no line of the program does."""
        plugin = draw.state.option
        message = (
            f"`{drawn(draw)}` draws from the {draw.stream} stream, which {plugin} seeds differently on each run "
            f"of {timeline.path}{given(draw)}"
        )
        help_text = f"Call `{seed_call(draw.stream)}` in the test, or fix the seed of {plugin} among pytest's options."
        return Report(draw, message, help_text, severity(draw), draw.stream, f"entropy:{plugin}")

    def _report(self, moment: Moment, timeline: Timeline) -> Report:
        source, option = moment.detail["source"], moment.detail["option"]
        if option:
            why, how_sure = f"the default of {option} gives it no fixed value", Severity.WARNING
        elif source:
            why, how_sure = f"its value comes from `{source}`", severity(moment)
        else:
            why, how_sure = "it is given no fixed value", severity(moment)
        message = (
            f"`{moment.callee}` seeds the {moment.stream} stream differently on each run of "
            f"{timeline.path}{given(moment)}: {why}"
        )
        return Report(moment, message, "Seed with a constant, or with an option that has a fixed default.",
                      how_sure, moment.stream, f"entropy:{moment.stream}")  # fmt: skip
