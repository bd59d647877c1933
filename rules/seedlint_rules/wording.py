"""How the rules speak of streams, places and seeds."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from seedlint.flow.timeline import Moment, Timeline
from seedlint.flow.values import truth
from seedlint.rule import Severity

SEED_CALLS = {
    "random": "random.seed(seed)",
    "numpy": "numpy.random.seed(seed)",
    "torch": "torch.manual_seed(seed)",
    "cuda": "torch.manual_seed(seed)",
    "mps": "torch.manual_seed(seed)",
    "xpu": "torch.manual_seed(seed)",
    "tensorflow": "tf.random.set_seed(seed)",
    "cupy": "cupy.random.seed(seed)",
    "cv2": "cv2.setRNGSeed(seed)",
    "environment": "env.reset(seed=seed)",
    "space": "env.action_space.seed(seed)",
    "augmentation": "transform.set_random_seed(seed)",
}
"""A call that seeds each stream."""

NAMES = {
    "random": "Python's `random`",
    "numpy": "NumPy",
    "torch": "torch",
    "cuda": "CUDA",
    "tensorflow": "TensorFlow",
    "environment": "the environment",
    "space": "the action space",
    "augmentation": "the augmentation",
}

DEVICES = frozenset({"cuda", "mps", "xpu"})
"""Streams that `torch.manual_seed` seeds beside torch's own."""


def name(stream: str) -> str:
    """A stream as it is called in a sentence."""
    return NAMES.get(stream, stream)


def seed_call(stream: str) -> str:
    """The call that seeds a stream."""
    return SEED_CALLS.get(stream, f"the seed of {stream}")


def seeded_instead(timeline: Timeline, stream: str) -> str:
    """A clause that names the streams that this run seeds in place of this one, or nothing."""
    seeds = timeline.seeds()
    if any(seed.stream == stream for seed in seeds):
        return ""
    with_torch = {seed.inner for seed in seeds if seed.stream == "torch"}
    others = dict.fromkeys(
        seed.stream
        for seed in seeds
        if seed.state.kind == "seeded" and (seed.stream not in DEVICES or seed.inner not in with_torch)
    )
    if stream == "torch" and "cuda" in others:
        others = {other: None for other in others if other not in ("mps", "xpu")}
    if not others:
        return ""
    names = join([name(other) for other in others])
    verb = "was" if len(others) == 1 else "were"
    return f"; {names} {verb} seeded, {name(stream)} was not"


def join(words: Iterable[str]) -> str:
    """`a, b and c`."""
    items = list(words)
    return items[0] if len(items) == 1 else ", ".join(items[:-1]) + " and " + items[-1]


def drawn(moment: Moment) -> str:
    """The callee of a draw as a reader knows it."""
    return moment.callee.removesuffix(".__call__").removesuffix(".__iter__")


def in_worker(moment: Moment) -> bool:
    """Whether a DataLoader's worker runs it."""
    return "/worker:" in moment.process


def follows_torch(seed: Moment) -> bool:
    """Whether a seed's value is the state of torch's own stream."""
    return str(seed.detail["source"]).startswith("torch.")


def on_cuda(timeline: Timeline) -> bool:
    """Whether the program moves something to a GPU, or draws there."""
    return bool(timeline.marks("to-cuda")) or any(moment.stream == "cuda" for moment in timeline.of("draw"))


def without_cudnn(timeline: Timeline) -> bool:
    """Whether an ordinary run turns cuDNN off."""
    settings = timeline.flags("cudnn.enabled")
    return bool(settings) and truth(usual(settings).detail["value"])[0] is False


def may_be_set(timeline: Timeline, *flags: str) -> bool:
    """Whether one of some flags may be set on an ordinary run, or on runs with options where only these seed torch."""
    ordinary = any(not seed.given for seed in timeline.seeds("torch", "cuda"))
    settings = [setting for flag in flags for setting in timeline.flags(flag) if not (ordinary and setting.given)]
    return any(truth(setting.detail["value"])[0] is not False for setting in settings)


def usual(settings: Sequence[Moment]) -> Moment:
    """The last setting of a flag on an ordinary run, or the last of all where no such run sets it."""
    return next((setting for setting in reversed(settings) if not setting.given), settings[-1])


def when(timeline: Timeline, moment: Moment, verb: str = "runs") -> str:
    """When a moment is reached, as a clause: an ordinary run, or one that is given an option."""
    return f"when {timeline.path} {verb}{given(moment)}"


def given(moment: Moment) -> str:
    """The option that a run must be given to get to a moment, or nothing."""
    return f" with `{moment.given}`" if moment.given else ""


def loaded(timeline: Timeline, moment: Moment) -> str:
    """A clause that names what may replace all that is drawn, or nothing."""
    return f"; the weights loaded at {timeline.place(moment.loaded)} may replace all of it" if moment.loaded else ""


def looked(moment: Moment) -> str:
    """A clause that says so where nobody sees more of what is drawn than its form, or nothing."""
    return ", where only the form of what it gives is looked at" if moment.looked else ""


def severity(moment: Moment) -> Severity:
    """An error where an ordinary run gets to a moment, and keeps and reads what is drawn there, else a warning."""
    return Severity.WARNING if moment.given or moment.loaded or moment.looked else Severity.ERROR


def draws(timeline: Timeline, *exposures: str) -> Iterable[Moment]:
    """The draws of a timeline that some exposure describes."""
    return (moment for moment in timeline.of("draw") if moment.exposure in exposures)
