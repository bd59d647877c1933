"""SDL302: `cudnn.benchmark = True` in a program that seeds."""

from __future__ import annotations

from collections.abc import Iterator

from seedlint.fixes.remedy import SetFlags
from seedlint.flow.timeline import Timeline
from seedlint.flow.values import truth
from seedlint.rule import Report, Rule, Severity
from seedlint_rules.wording import given, usual, without_cudnn


class CudnnBenchmark(Rule):
    """`cudnn.benchmark = True` in a program that seeds."""

    code = "SDL302"
    name = "cudnn-benchmark"
    summary = "`cudnn.benchmark = True` in a program that seeds"
    severity = Severity.WARNING
    of_seeded = True

    def check(self, timeline: Timeline) -> Iterator[Report]:
        """Report the last setting of the flag, if it turns the benchmark on."""
        if not timeline.reached or not timeline.seeds() or without_cudnn(timeline):
            return
        settings = timeline.flags("cudnn.benchmark")
        if not settings:
            return
        last = usual(settings)
        if truth(last.detail["value"])[0] is True:
            message = (
                f"{timeline.path}{given(last)} seeds, and lets cuDNN choose algorithms by timing them: "
                "two runs may choose differently"
            )
            help_text = "Set `torch.backends.cudnn.benchmark = False`."
            yield Report(last, message, help_text, self.severity, "cuda", "cudnn-benchmark")

    def remedies(self, report: Report, timeline: Timeline) -> Iterator[SetFlags]:
        """Turn the benchmark off."""
        fixed = any(truth(m.detail["value"])[0] is True for m in timeline.flags("cudnn.deterministic"))
        yield SetFlags({"cudnn.benchmark": "False"}, harmless=fixed)
