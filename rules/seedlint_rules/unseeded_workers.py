"""SDL401: DataLoader workers draw from a state no seed reaches."""

from __future__ import annotations

from collections.abc import Iterator

from seedlint.fixes.remedy import Advise, Seed, SeedEarlier
from seedlint.flow.state import Spot
from seedlint.flow.timeline import Moment, Timeline
from seedlint.rule import Report, Rule
from seedlint_rules.wording import drawn, draws, follows_torch, in_worker, looked, name, seeded_instead, severity, when

_RESEEDED = frozenset({"torch", "random", "numpy"})
"""The streams that a worker gets from torch's own, NumPy's since torch 1.9."""


class UnseededWorkers(Rule):
    """DataLoader workers draw from a state no seed reaches."""

    code = "SDL401"
    name = "unseeded-workers"
    summary = "DataLoader workers draw from a state no seed reaches"

    def check(self, timeline: Timeline) -> Iterator[Report]:
        """Report loaders with workers that are iterated while no seed covers them, where they are built."""
        if not timeline.reached:
            return
        loaders: dict[tuple[Spot, str], list[Moment]] = {}
        for draw in self._uncovered(timeline):
            from_torch = draw.stream in _RESEEDED and not self._torch_seeded(draw, timeline)
            loaders.setdefault((draw.spot, "torch" if from_torch else draw.stream), []).append(draw)
        for (_, stream), found in loaders.items():
            yield self._loader(found, timeline) if stream == "torch" else self._not_reseeded(found[0], timeline)

    def remedies(self, report: Report, timeline: Timeline) -> Iterator[Seed | SeedEarlier | Advise]:
        """Have the seed before the loader is iterated; what a loader's seed does not cover is seeded in the workers."""
        if report.moment.later is not None:
            yield SeedEarlier(report.moment.later)
        elif report.stream == "torch":
            yield Seed(("torch",))
        else:
            yield Advise(report.help, "a loader may have a function of its own that its workers run")

    def _uncovered(self, timeline: Timeline) -> Iterator[Moment]:
        """Draws of a loader or its workers that no seed covers, and those whose seed follows torch's in vain."""
        yield from draws(timeline, "worker")
        from_torch = {seed.inner for seed in timeline.seeds() if in_worker(seed) and follows_torch(seed)}
        yield from (draw for draw in draws(timeline, "entropy") if in_worker(draw) and draw.state.seed in from_torch)

    def _torch_seeded(self, draw: Moment, timeline: Timeline) -> bool:
        """Whether torch is seeded when the loader is iterated, so that the worker's stream follows something else."""
        parent = draw.process.rpartition("/worker:")[0]
        seeds = (seed for seed in timeline.seeds("torch") if seed.process == parent and seed.order < draw.order)
        return draw.stream != "torch" and any(seed.state.kind == "seeded" for seed in seeds)

    def _loader(self, found: list[Moment], timeline: Timeline) -> Report:
        ordered = any(not in_worker(draw) for draw in found)
        draw = min(found, key=lambda draw: (draw.later is None, bool(draw.given) or draw.looked))
        iterates = when(timeline, draw, "iterates it") + looked(draw)
        takes = f"this loader takes {'its order and ' if ordered else ''}its workers' seeds from the torch stream"
        message = f"{takes}, which no seed reaches {iterates}{seeded_instead(timeline, 'torch')}"
        help_text = (
            "Call `torch.manual_seed(seed)` before the loader is iterated, or pass "
            "`generator=torch.Generator().manual_seed(seed)`."
        )
        if draw.later is not None:
            seed = timeline.place(draw.later)
            message = f"{takes} before the seed at {seed} {iterates}"
            help_text = f"Move the seed at {seed} above the first loop over this loader."
        return Report(draw, message, help_text, severity(draw), "torch", f"workers@{draw.later}")

    def _not_reseeded(self, draw: Moment, timeline: Timeline) -> Report:
        once = draw.stream in _RESEEDED
        its_seed = "in this version of torch its seed" if once else "the loader's seed"
        message = (
            f"the workers of this loader draw with `{drawn(draw)}` from the {draw.stream} stream, which no seed "
            f"reaches {when(timeline, draw)}; {its_seed} does not cover {name(draw.stream)}"
        )
        help_text = "Pass a `worker_init_fn` that seeds it from `torch.initial_seed() % 2**32`"
        help_text += ", or use torch 1.9 or later, which does." if once else "."
        return Report(draw, message, help_text, severity(draw), draw.stream, f"workers:{draw.stream}")
