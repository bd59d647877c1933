"""SDL303: an operation with no deterministic default on CUDA, without deterministic algorithms."""

from __future__ import annotations

from collections.abc import Iterator

from seedlint.fixes.remedy import Advise, CallBeside
from seedlint.flow.timeline import Moment, Timeline
from seedlint.rule import Report, Rule, Severity
from seedlint_rules.wording import drawn, in_worker, may_be_set, on_cuda


class NondeterministicCudaOp(Rule):
    """An operation with no deterministic default on CUDA, without `use_deterministic_algorithms(True)`."""

    code = "SDL303"
    name = "nondeterministic-cuda-op"
    summary = "an operation with no deterministic default on CUDA, without `use_deterministic_algorithms(True)`"
    severity = Severity.WARNING
    of_seeded = True

    def check(self, timeline: Timeline) -> Iterator[Report]:
        """Report each kind of operation once in a module, where the program seeds and uses CUDA."""
        if not timeline.reached or not timeline.seeds("torch", "cuda") or not on_cuda(timeline):
            return
        asked, only_warns = (may_be_set(timeline, f"deterministic.{name}") for name in ("algorithms", "warn_only"))
        if asked and not only_warns:
            return
        without_form = {(mark.inner, mark.callee) for mark in timeline.marks("no-deterministic-form")}
        told = set()
        for mark in self._operations(timeline):
            has_form = (mark.inner, mark.callee) not in without_form
            if not in_worker(mark) and mark.spot not in told and not (asked and has_form):
                told.add(mark.spot)
                yield self._report(mark, timeline, not has_form)

    def remedies(self, report: Report, timeline: Timeline) -> Iterator[CallBeside | Advise]:
        """Ask for deterministic algorithms beside the seed, or for another operation."""
        if report.help.startswith("Use another"):
            yield Advise(report.help, "which operation can take its place is for its author to say")
        else:
            reason = "the run may become slower, and operations without a deterministic form warn of it"
            yield CallBeside("torch.use_deterministic_algorithms", "(True, warn_only=True)", ("torch", "cuda"), reason)

    def _operations(self, timeline: Timeline) -> Iterator[Moment]:
        """The operations that add in any order, and those of layers whose gradients do."""
        yield from timeline.marks("nondeterministic-cuda")
        if timeline.marks("backward"):
            marks = timeline.marks("nondeterministic-cuda-backward")
            yield from (mark for mark in marks if mark.detail["layer"] and "no-gradient" not in mark.detail["during"])

    def _report(self, mark: Moment, timeline: Timeline, without_form: bool) -> Report:
        name = drawn(mark).removesuffix(".forward")
        gradient = "the gradient of " if mark.detail["mark"].endswith("backward") else ""
        message = (
            f"{gradient}`{name}` adds in any order on CUDA, so that its result may differ from run to run "
            f"when {timeline.path} runs, although it seeds torch"
        )
        help_text = "Call `torch.use_deterministic_algorithms(True)`, beside the seed."
        if without_form:
            help_text = (
                f"Use another operation: `{name}` has no deterministic form on CUDA, "
                "and raises an error under `torch.use_deterministic_algorithms(True)`."
            )
        return Report(mark, message, help_text, self.severity, "cuda", f"operation:{name}")
