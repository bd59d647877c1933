"""SDL201: a CUDA draw that no seed covers."""

from __future__ import annotations

from collections.abc import Iterator

from seedlint.flow.timeline import Timeline
from seedlint.rule import Report, Rule, Severity
from seedlint_rules.wording import drawn, draws, seeded_instead

_DEVICE_STREAMS = frozenset({"cuda", "mps", "xpu"})


class MissingCudaSeed(Rule):
    """A CUDA draw that no seed covers, in a program that seeds other streams."""

    code = "SDL201"
    name = "missing-cuda-seed"
    summary = "a CUDA draw that no seed covers: only other streams seeded"

    def check(self, timeline: Timeline) -> Iterator[Report]:
        """Report draws on a device whose stream is unseeded while other streams are seeded."""
        if not timeline.seeds():
            return
        for moment in draws(timeline, "unseeded"):
            if moment.stream in _DEVICE_STREAMS:
                message = (
                    f"`{drawn(moment)}` draws on the device from the {moment.stream} stream, which no seed "
                    f"reaches when {timeline.path} runs{seeded_instead(timeline, moment.stream)}"
                )
                help_text = "Call `torch.manual_seed(seed)`: it covers the CPU and every CUDA device."
                yield Report(moment, message, help_text, Severity.ERROR, moment.stream, moment.stream)
