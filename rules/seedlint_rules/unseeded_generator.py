"""SDL105: an explicit generator or `random_state` left to entropy."""

from __future__ import annotations

from collections.abc import Iterator

from seedlint.fixes.remedy import PassSeed
from seedlint.flow.timeline import Moment, Timeline
from seedlint.knowledge.schema import CallRow
from seedlint.rule import Report, Rule, Severity
from seedlint_rules.wording import drawn, draws, seed_call, severity, when

_LEFT = "numpy"
"""A project that seeds this stream sees to its randomness, and what it leaves to its callers to seed they may seed."""


class UnseededGenerator(Rule):
    """An explicit generator or `random_state` left to OS entropy, where it matters."""

    code = "SDL105"
    name = "unseeded-generator"
    summary = "an explicit generator or `random_state` left to OS entropy, where it matters"

    @classmethod
    def asks(cls, row: CallRow, unseeded: frozenset[str]) -> bool:
        """Ask for generators that may start from entropy, in projects that leave NumPy to it as well."""
        return _LEFT in unseeded and bool(row.makes) and row.missing not in ("fixed", "error")

    def check(self, timeline: Timeline) -> Iterator[Report]:
        """Report generators made without a fixed seed, and estimators that fall back on an unseeded stream."""
        if not timeline.reached and not timeline.library and _LEFT in timeline.seeded:
            return
        reseeds = {moment.detail["id"]: moment for moment in timeline.of("reseed")}
        for made in timeline.of("generator"):
            last = reseeds.get(made.detail["id"], made)
            if last.state.kind in ("unseeded", "entropy"):
                yield self._generator(last, timeline)
        if timeline.reached:
            for moment in draws(timeline, "parameter"):
                yield self._parameter(moment, timeline)

    def remedies(self, report: Report, timeline: Timeline) -> Iterator[PassSeed]:
        """Pass a seed."""
        moment = report.moment
        if moment.kind == "reseed":
            return
        yield PassSeed(moment.callee, moment.detail["parameter"] if moment.kind == "draw" else "")

    def _generator(self, moment: Moment, timeline: Timeline) -> Report:
        where = when(timeline, moment) if timeline.reached else "whoever calls it"
        message = f"`{moment.callee}` starts from the system's entropy {where}; no global seed reaches it"
        keyword = moment.detail.get("keyword")
        seed = moment.detail.get("given")
        help_text = f"Pass a seed: `{moment.callee}({f'..., {keyword}=' if keyword else ''}{seed})`."
        if moment.kind == "reseed":
            message = f"`{moment.callee}` gives this generator a state of the system's entropy {where}"
            help_text = "Seed it with a constant: `manual_seed(seed)`, or `seed(seed)`."
        how_sure = severity(moment) if timeline.reached else Severity.WARNING
        return Report(moment, message, help_text, how_sure, None, moment.callee)

    def _parameter(self, moment: Moment, timeline: Timeline) -> Report:
        parameter = moment.detail["parameter"]
        message = (
            f"`{drawn(moment)}` without `{parameter}` draws from the {moment.stream} stream, "
            f"which no seed reaches {when(timeline, moment)}"
        )
        help_text = f"Pass `{parameter}=seed`, or call `{seed_call(moment.stream)}` before this line."
        return Report(moment, message, help_text, severity(moment), moment.stream, moment.stream)
