"""SDL401: DataLoader workers draw from a state no seed reaches."""

from __future__ import annotations

from collections.abc import Iterator

from seedlint.flow.timeline import Timeline
from seedlint.rule import Report, Rule, Severity
from seedlint_rules.wording import draws, seeded_instead


class UnseededWorkers(Rule):
    """DataLoader workers draw from a state no seed reaches."""

    code = "SDL401"
    name = "unseeded-workers"
    summary = "DataLoader workers draw from a state no seed reaches"

    def check(self, timeline: Timeline) -> Iterator[Report]:
        """Report loaders with workers that are iterated while torch's stream is unseeded, where they are built."""
        if not timeline.reached:
            return
        told = set()
        for moment in draws(timeline, "worker"):
            if moment.spot in told:
                continue
            told.add(moment.spot)
            message = (
                "this loader takes its order and its workers' seeds from the torch stream, which no seed reaches "
                f"when {timeline.path} iterates it{seeded_instead(timeline, 'torch')}"
            )
            help_text = (
                "Call `torch.manual_seed(seed)` before the loader is iterated, or pass "
                "`generator=torch.Generator().manual_seed(seed)`."
            )
            yield Report(moment, message, help_text, Severity.ERROR, "torch", "workers")
