"""SDL901: CUDA seeded only through `torch.manual_seed`; opt-in."""

from __future__ import annotations

from collections.abc import Iterator

from seedlint.fixes.remedy import CallBeside
from seedlint.flow.timeline import Timeline
from seedlint.rule import Report, Rule, Severity
from seedlint_rules.wording import on_cuda

_IMPLICIT = ("torch.manual_seed", "torch.random.manual_seed")


class ImplicitCudaSeed(Rule):
    """CUDA is seeded only through `torch.manual_seed`."""

    code = "SDL901"
    name = "implicit-cuda-seed"
    summary = "CUDA seeded only through `torch.manual_seed`"
    severity = Severity.NOTE
    default = False

    def remedies(self, report: Report, timeline: Timeline) -> Iterator[CallBeside]:
        """Seed every device by name, with the same number."""
        yield CallBeside("torch.cuda.manual_seed_all", "(seed)", ("cuda",))

    def check(self, timeline: Timeline) -> Iterator[Report]:
        """Report the first seed of a program that uses CUDA and never seeds it by name."""
        seeds = timeline.seeds("cuda")
        if not timeline.reached or not seeds or not on_cuda(timeline):
            return
        if all(seed.callee in _IMPLICIT for seed in seeds):
            message = f"{timeline.path} seeds the cuda stream only through `{seeds[0].callee}`"
            help_text = "Call `torch.cuda.manual_seed_all(seed)` as well, if the project's style asks for it."
            yield Report(seeds[0], message, help_text, self.severity, "cuda", "implicit-cuda")
