"""SDL304: deterministic algorithms asked for, `CUBLAS_WORKSPACE_CONFIG` not set in time."""

from __future__ import annotations

from collections.abc import Iterator

from seedlint.fixes.remedy import SetVariable
from seedlint.flow.timeline import Moment, Timeline
from seedlint.flow.values import Const, plain, truth
from seedlint.rule import Report, Rule, Severity
from seedlint_rules.wording import drawn, in_worker, on_cuda, usual

_DETERMINISTIC = (":4096:8", ":16:8")


class MissingCublasWorkspace(Rule):
    """Deterministic algorithms asked for, `CUBLAS_WORKSPACE_CONFIG` not set in time."""

    code = "SDL304"
    name = "missing-cublas-workspace"
    summary = "deterministic algorithms asked for, `CUBLAS_WORKSPACE_CONFIG` not set in time"
    severity = Severity.WARNING
    of_seeded = True

    def check(self, timeline: Timeline) -> Iterator[Report]:
        """Report the last request for deterministic algorithms, if cuBLAS is used without its workspace."""
        asked = timeline.flags("deterministic.algorithms")
        if not timeline.reached or not asked or not on_cuda(timeline) or not truth(usual(asked).detail["value"])[0]:
            return
        products = [mark for mark in timeline.marks("cublas-workspace") if not in_worker(mark)]
        if not products:
            return
        settings = timeline.flags("cublas.workspace")
        if not any(setting.order < products[0].order and self._enough(setting) for setting in settings):
            yield self._report(usual(asked), products[0], settings, timeline)

    def remedies(self, report: Report, timeline: Timeline) -> Iterator[SetVariable]:
        """Set the variable before anything uses CUDA."""
        yield SetVariable("cublas.workspace", ":4096:8")

    def _enough(self, setting: Moment) -> bool:
        value = plain(setting.detail["value"])
        return not isinstance(value, Const) or value.value in _DETERMINISTIC

    def _report(self, asked: Moment, product: Moment, settings: list[Moment], timeline: Timeline) -> Report:
        when = f"is set only at {timeline.place(settings[0].spot)}" if settings else "is not set"
        message = (
            f"{timeline.path} asks for deterministic algorithms, and `CUBLAS_WORKSPACE_CONFIG` {when}: "
            f"`{drawn(product)}` on the cuda stream's device raises an error, or differs from run to run"
        )
        help_text = 'Set `os.environ["CUBLAS_WORKSPACE_CONFIG"] = ":4096:8"` before anything is computed on the GPU.'
        return Report(asked, message, help_text, self.severity, "cuda", "cublas-workspace")
