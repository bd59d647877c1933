"""SDL402: a generator is copied into every DataLoader worker."""

from __future__ import annotations

from collections.abc import Iterator

from seedlint.fixes.remedy import Advise
from seedlint.flow.timeline import Moment, Timeline
from seedlint.rule import Report, Rule, Severity
from seedlint_rules.wording import drawn, in_worker


class SharedWorkerGenerator(Rule):
    """A generator kept on the dataset is copied into every worker: the same numbers in each."""

    code = "SDL402"
    name = "shared-worker-generator"
    summary = "a generator kept on the dataset is copied into every worker: the same numbers in each"
    severity = Severity.WARNING

    def check(self, timeline: Timeline) -> Iterator[Report]:
        """Report loaders whose workers draw from a generator that was made before they started."""
        made = {moment.detail["id"]: moment for moment in timeline.of("generator")}
        fresh = {
            (moment.process, moment.detail["id"])
            for kind in ("generator", "reseed")
            for moment in timeline.of(kind)
            if in_worker(moment)
        }
        drawing = [mark for mark in timeline.marks("generator-draw") if in_worker(mark)]
        own = {(m.process, m.inner) for m in drawing if (m.process, m.detail["generator"]) in fresh}
        told = set()
        for mark in drawing:
            generator = made.get(mark.detail["generator"])
            if generator and (mark.process, mark.inner) not in own and mark.spot not in told:
                told.add(mark.spot)
                yield self._report(mark, generator, timeline)

    def remedies(self, report: Report, timeline: Timeline) -> Iterator[Advise]:
        """Say where the generator should be made."""
        yield Advise(report.help, "how the dataset reaches its generator decides where a worker can make its own")

    def _report(self, mark: Moment, generator: Moment, timeline: Timeline) -> Report:
        message = (
            f"each worker of this loader gets its own copy of the generator made at "
            f"{timeline.place(generator.spot)}, so that `{drawn(mark)}` gives the same numbers in every worker "
            f"and every epoch when {timeline.path} runs"
        )
        help_text = (
            "Make the generator in the worker, from its seed: "
            "`np.random.default_rng(torch.initial_seed())` in `worker_init_fn` or where it is first used."
        )
        return Report(mark, message, help_text, self.severity, None, f"generator:{timeline.place(generator.spot)}")
