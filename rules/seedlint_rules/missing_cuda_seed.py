"""SDL201: a CUDA draw that no seed covers."""

from __future__ import annotations

from collections.abc import Iterator

from seedlint.fixes.remedy import Seed
from seedlint.flow.timeline import Moment, Timeline
from seedlint.rule import Report, Rule
from seedlint_rules.wording import drawn, draws, seeded_instead, severity, when

_DEVICE_STREAMS = frozenset({"cuda", "mps", "xpu"})
_CHOOSES = "torch.cuda.set_device"


class MissingCudaSeed(Rule):
    """A CUDA draw that no seed covers, in a program that seeds other streams."""

    code = "SDL201"
    name = "missing-cuda-seed"
    summary = "a CUDA draw that no seed covers: only other streams, or another device, seeded"

    def check(self, timeline: Timeline) -> Iterator[Report]:
        """Report draws on a device whose stream is unseeded while other streams, or another device's, are seeded."""
        if not timeline.seeds():
            return
        for draw in draws(timeline, "unseeded"):
            if draw.stream in _DEVICE_STREAMS:
                yield self._report(
                    draw, f"which no seed reaches {when(timeline, draw)}{seeded_instead(timeline, draw.stream)}"
                )
        current = {mark.inner: mark for mark in timeline.marks("one-device")}
        if any(mark.callee == _CHOOSES for mark in timeline.marks("to-cuda")):
            return
        for draw in draws(timeline, "covered"):
            seed = current.get(draw.state.seed) if draw.state.seed else None
            if draw.stream == "cuda" and draw.detail["device"] not in ("", "0") and seed is not None:
                yield self._report(
                    draw,
                    f"as the one numbered {draw.detail['device']}; `{seed.callee}` at {timeline.place(seed.spot)} "
                    f"seeds only the current one {when(timeline, draw)}",
                )

    def remedies(self, report: Report, timeline: Timeline) -> Iterator[Seed]:
        """Seed the device beside the streams that are seeded."""
        yield Seed((report.moment.stream,))

    def _report(self, draw: Moment, why: str) -> Report:
        message = f"`{drawn(draw)}` draws on the device from the {draw.stream} stream, {why}"
        help_text = "Call `torch.manual_seed(seed)`: it covers the CPU and every CUDA device."
        return Report(draw, message, help_text, severity(draw), draw.stream, draw.stream)
