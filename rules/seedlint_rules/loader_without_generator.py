"""SDL902: PyTorch's full recipe for DataLoaders not followed; opt-in."""

from __future__ import annotations

from collections.abc import Iterator

from seedlint.fixes.remedy import Advise
from seedlint.flow.timeline import Timeline
from seedlint.rule import Report, Rule, Severity


class LoaderWithoutGenerator(Rule):
    """PyTorch's full recipe (`worker_init_fn` and `generator`) is not followed."""

    code = "SDL902"
    name = "loader-without-generator"
    summary = "PyTorch's full recipe (`worker_init_fn` and `generator`) not followed"
    severity = Severity.NOTE
    default = False

    def remedies(self, report: Report, timeline: Timeline) -> Iterator[Advise]:
        """Say what to pass."""
        yield Advise(report.help, "a seeded run without it is repeatable; passing both gives other numbers")

    def check(self, timeline: Timeline) -> Iterator[Report]:
        """Report loaders with workers that are not given both, where they are built."""
        for mark in timeline.marks("partial-loader-recipe"):
            message = (
                f"this loader of {timeline.path} starts workers without both `worker_init_fn` and `generator`, "
                "so that its order and its workers follow the torch stream"
            )
            help_text = (
                "Pass `worker_init_fn=seed_worker` and `generator=torch.Generator().manual_seed(seed)`, "
                "as PyTorch's notes on reproducibility do."
            )
            yield Report(mark, message, help_text, self.severity, "torch", "loader-recipe")
