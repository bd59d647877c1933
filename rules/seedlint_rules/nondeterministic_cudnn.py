"""SDL301: cuDNN layers train on CUDA in a program that seeds, and no deterministic flag is set."""

from __future__ import annotations

from collections.abc import Iterator

from seedlint.fixes.remedy import SetFlags
from seedlint.flow.timeline import Moment, Timeline
from seedlint.rule import Report, Rule, Severity
from seedlint_rules.wording import drawn, in_worker, may_be_set, name, without_cudnn

_FLAGS = ("cudnn.deterministic", "deterministic.algorithms")
_LAYERS = ("convolution", "recurrent")


class NondeterministicCudnn(Rule):
    """cuDNN layers run on CUDA in a program that seeds, and no deterministic flag is set."""

    code = "SDL301"
    name = "nondeterministic-cudnn"
    summary = "cuDNN layers train on CUDA in a program that seeds, and no deterministic flag is set"
    severity = Severity.WARNING
    of_seeded = True

    def check(self, timeline: Timeline) -> Iterator[Report]:
        """Report once for an entry, where it seeds torch."""
        if not timeline.reached or not timeline.marks("backward") or not timeline.marks("to-cuda"):
            return
        layers = [mark for name in _LAYERS for mark in timeline.marks(name) if not in_worker(mark)]
        seeds = [seed for seed in timeline.seeds("torch", "cuda") if seed.state.kind == "seeded"]
        if not layers or not seeds or may_be_set(timeline, *_FLAGS) or without_cudnn(timeline):
            return
        seed = next((moment for moment in seeds if moment.process == "main"), seeds[0])
        stream = "torch" if any(moment.stream == "torch" for moment in seeds) else "cuda"
        message = (
            f"{timeline.path} seeds {name(stream)} and trains {self._trained(layers)} on CUDA, "
            "where cuDNN may choose algorithms whose sums differ from run to run"
        )
        help_text = (
            "Set `torch.backends.cudnn.deterministic = True` and `torch.backends.cudnn.benchmark = False` "
            "beside the seed, or call `torch.use_deterministic_algorithms(True)`."
        )
        if all(layer.detail["mark"] == "recurrent" for layer in layers):
            help_text += " Recurrent layers also need `CUBLAS_WORKSPACE_CONFIG=:4096:2` in the environment."
        yield Report(timeline.at_entry(seed), message, help_text, self.severity, "cuda", "cudnn")

    def remedies(self, report: Report, timeline: Timeline) -> Iterator[SetFlags]:
        """Set the flags beside the seed."""
        yield SetFlags({"cudnn.deterministic": "True", "cudnn.benchmark": "False"})

    def _trained(self, layers: list[Moment]) -> str:
        """A layer or model by its name, or by its library where any of several is meant."""
        names = [drawn(layer) for layer in layers]
        known = next((name for name in names if not name.endswith(".?")), "")
        return f"`{known}`" if known else f"a model of `{names[0].removesuffix('.?')}`"
