"""What to watch for a finding: the moments whose values show whether two runs differ."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from seedlint.findings import Found
from seedlint.flow.state import Spot
from seedlint.flow.timeline import Moment, Timeline

MOST_DRAWS = 4
"""Draws that are watched for a finding about a seed."""
NEEDS_CUDA = "needs a CUDA device"


@dataclass(frozen=True, slots=True)
class Witness:
    """A place in the code whose value is compared; `kind` is "draw", "seed" or "generator"."""

    kind: str
    spot: Spot
    stream: str | None
    needs: str = ""


def witnesses(found: Found) -> list[Witness]:
    """What to watch for a finding, the most telling first."""
    report, timeline = found.report, found.timeline
    moment = report.moment
    if report.stream == "cuda" or moment.kind in ("flag", "mark"):
        return [Witness("draw", moment.spot, "cuda", NEEDS_CUDA)]
    if moment.kind == "draw":
        return [_draw(moment)]
    if moment.kind == "generator":
        return [Witness("generator", moment.inner, None)]
    if moment.kind == "seed":
        if moment.state.kind == "entropy":
            return [Witness("seed", moment.inner, moment.stream), *_draws(_after(moment, timeline))]
        return _draws(_after(moment, timeline))
    return _draws(d for d in timeline.of("draw") if d.exposure != "covered")


def _draw(moment: Moment) -> Witness:
    """A module is watched as it is constructed, everything else where it draws."""
    module = moment.spot != moment.inner and not moment.callee.endswith("__iter__")
    in_child = "/" in moment.process and "/worker" not in moment.process
    return Witness("draw", moment.spot if module and not in_child else moment.inner, moment.stream)


def _draws(moments: Iterable[Moment]) -> list[Witness]:
    return list(dict.fromkeys(_draw(moment) for moment in moments))[:MOST_DRAWS]


def _after(seed: Moment, timeline: Timeline) -> Iterable[Moment]:
    """The draws whose state goes back to a seed."""
    return (
        draw
        for draw in timeline.of("draw")
        if draw.stream == seed.stream and draw.state.seed == seed.inner and draw.exposure in ("conditional", "entropy")
    )
