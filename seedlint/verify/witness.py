"""What to watch for a finding: the moments whose values show whether two runs differ."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from seedlint.findings import Found
from seedlint.flow.state import Spot
from seedlint.flow.timeline import Moment, Timeline

MOST_DRAWS = 4
"""Draws that are watched for a finding about a seed."""
NEEDS_CUDA = "cuda"
KERNELS = ("nondeterministic-cuda", "nondeterministic-cuda-backward", "convolution", "recurrent", "cublas-workspace")
"""Marks of what CUDA may compute differently from run to run."""


@dataclass(frozen=True, slots=True)
class Witness:
    """A place in the code whose value is compared; `kind` is "draw", "seed", "generator" or "kernel".

    `needs` is the kind of device without which it shows nothing.
    """

    kind: str
    spot: Spot
    stream: str | None
    needs: str = ""


def witnesses(found: Found) -> list[Witness]:
    """What to watch for a finding, the most telling first."""
    report, timeline = found.report, found.timeline
    moment = report.moment
    if report.stream == "cuda" and moment.kind == "draw":
        return [Witness("draw", moment.inner, "cuda", NEEDS_CUDA)]
    if report.stream == "cuda" or moment.kind == "flag":
        return _kernels(mark for name in KERNELS for mark in timeline.marks(name))
    if moment.kind == "mark":
        return [Witness("draw", moment.spot, None)] if "/worker" in moment.process else _kernels([moment])
    if moment.kind == "draw":
        return [_draw(moment, report.stream)]
    if moment.kind == "generator":
        return [Witness("generator", moment.inner, None), *_reseeds(moment, timeline)]
    if moment.kind == "seed":
        after = _draws(_after(moment, timeline))
        if moment.state.kind == "entropy":
            return [Witness("seed", moment.inner, moment.stream), *after]
        return after
    return _draws(d for d in timeline.of("draw") if d.exposure != "covered")


def causes(timeline: Timeline) -> list[Witness]:
    """Everything on a timeline that follows the system's entropy: a control run makes all of it constant."""
    out = [
        Witness("generator", moment.inner, None)
        for kind in ("generator", "reseed")
        for moment in timeline.of(kind)
        if moment.state.kind != "seeded"
    ]
    out += [Witness("seed", m.inner, m.stream) for m in timeline.of("seed") if m.state.kind == "entropy"]
    return list(dict.fromkeys(out))


def _reseeds(generator: Moment, timeline: Timeline) -> list[Witness]:
    made = generator.detail["id"]
    return [Witness("generator", m.inner, None) for m in timeline.of("reseed") if m.detail["id"] == made]


def _draw(moment: Moment, stream: str | None) -> Witness:
    """A module is watched as it is constructed, a loader as it is iterated, everything else where it draws."""
    in_child = "/" in moment.process
    if "/worker" in moment.process and stream == "torch":
        return Witness("draw", moment.spot, stream)
    module = moment.spot != moment.inner and not moment.callee.endswith("__iter__") and not in_child
    return Witness("draw", moment.spot if module else moment.inner, moment.stream)


def _kernels(marks: Iterable[Moment]) -> list[Witness]:
    """Where what CUDA computes differently shows, in the main process."""
    found = [Witness("kernel", mark.spot, None, NEEDS_CUDA) for mark in marks if "/" not in mark.process]
    return list(dict.fromkeys(found))[:MOST_DRAWS]


def _draws(moments: Iterable[Moment]) -> list[Witness]:
    return list(dict.fromkeys(_draw(moment, moment.stream) for moment in moments))[:MOST_DRAWS]


def _after(seed: Moment, timeline: Timeline) -> Iterable[Moment]:
    """The draws whose state goes back to a seed."""
    return (draw for draw in timeline.of("draw") if draw.stream == seed.stream and draw.state.seed == seed.inner)
