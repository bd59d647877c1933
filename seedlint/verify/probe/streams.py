"""The streams of the libraries that a program has imported: read their state, seed them."""

from __future__ import annotations

import functools
import hashlib
import pickle
import sys
from typing import Any, Callable

from . import hooks

SEED = 20231
ABSENT = ""
"""The state of a stream whose library is not imported: nothing can be drawn from it."""


def _random_state() -> Any:
    return sys.modules["random"].getstate()


def _numpy_state() -> Any:
    kind, keys, position, has_gauss, cached = sys.modules["numpy.random"].get_state()
    return kind, keys.tobytes(), position, has_gauss, cached


def _torch_state() -> Any:
    return sys.modules["torch"].get_rng_state().numpy().tobytes()


def _cuda_state() -> Any:
    torch = sys.modules["torch"]
    if not torch.cuda.is_available() or not torch.cuda.is_initialized():
        return None
    return [state.cpu().numpy().tobytes() for state in torch.cuda.get_rng_state_all()]


def _mps_state() -> Any:
    mps = getattr(sys.modules["torch"], "mps", None)
    return mps.get_rng_state().cpu().numpy().tobytes() if mps and sys.platform == "darwin" else None


def _seed_torch(seed: int) -> None:
    sys.modules["torch"].default_generator.manual_seed(seed)


def _seed_cuda(seed: int) -> None:
    torch = sys.modules["torch"]
    if hasattr(torch, "cuda") and torch.cuda.is_available():
        torch.cuda.manual_seed_all(seed)


def _seed_tensorflow(seed: int) -> None:
    sys.modules["tensorflow"].random.set_seed(seed)


def _seed_cupy(seed: int) -> None:
    sys.modules["cupy"].random.seed(seed)


def _seed_cv2(seed: int) -> None:
    sys.modules["cv2"].setRNGSeed(seed)


class _Seeding:
    """Gymnasium's `seeding` as one of its modules knows it: generators that nobody seeds start from a constant."""

    def __init__(self, seeding: Any, seed: int) -> None:
        self._seeding = seeding
        self._seed = seed

    def __getattr__(self, name: str) -> Any:
        return getattr(self._seeding, name)

    def np_random(self, seed: Any = None) -> Any:
        return self._seeding.np_random(self._seed if seed is None else seed)


def _seed_gymnasium(name: str) -> Callable[[int], Any]:
    def seed_new_generators(seed: int) -> None:
        module: Any = sys.modules.get(name)
        if hasattr(module, "seeding") and not isinstance(module.seeding, _Seeding):
            module.seeding = _Seeding(module.seeding, seed)

    return seed_new_generators


def _fresh_torch() -> None:
    sys.modules["torch"].default_generator.seed()


_ADAPTERS: dict[str, tuple[str, Callable[[], Any] | None, Callable[[int], Any]]] = {
    "random": ("random", _random_state, lambda seed: sys.modules["random"].seed(seed)),
    "numpy": ("numpy.random", _numpy_state, lambda seed: sys.modules["numpy.random"].seed(seed)),
    "torch": ("torch", _torch_state, _seed_torch),
    "cuda": ("torch", _cuda_state, _seed_cuda),
    "mps": ("torch", _mps_state, lambda seed: None),
    "tensorflow": ("tensorflow", None, _seed_tensorflow),
    "cupy": ("cupy", None, _seed_cupy),
    "cv2": ("cv2", None, _seed_cv2),
    "environment": ("gymnasium", None, _seed_gymnasium("gymnasium.core")),
    "space": ("gymnasium", None, _seed_gymnasium("gymnasium.spaces.space")),
}

_FRESH: dict[str, Callable[[], Any]] = {
    "random": lambda: sys.modules["random"].seed(),
    "numpy": lambda: sys.modules["numpy.random"].seed(),
    "torch": _fresh_torch,
}


def loaded(stream: str) -> bool:
    """Whether the program has imported the library that owns a stream."""
    return stream in _ADAPTERS and _ADAPTERS[stream][0] in sys.modules


def when_loaded(stream: str, callback: Callable[[], Any]) -> None:
    """Call back once the program has imported the library that owns a stream; at once if it has."""
    if stream in _ADAPTERS:
        hooks.when_imported(_ADAPTERS[stream][0], lambda module: callback())


def readable(stream: str) -> bool:
    """Whether the state of a stream can be read."""
    return stream not in _ADAPTERS or _ADAPTERS[stream][1] is not None


def state(stream: str) -> str | None:
    """A digest of a stream's state; None where it cannot be read, `ABSENT` before its library is imported."""
    if stream not in _ADAPTERS:
        return None
    if not loaded(stream):
        return ABSENT
    read = _ADAPTERS[stream][1]
    try:
        raw = read() if read else None
    except Exception:
        return None
    return None if raw is None else hashlib.blake2b(pickle.dumps(raw, 2), digest_size=12).hexdigest()


def seed(stream: str) -> bool:
    """Seed one stream with a constant; False where its library is not imported."""
    if not loaded(stream):
        return False
    _ADAPTERS[stream][2](SEED)
    return True


def seed_all(seeded: set[str]) -> None:
    """Seed every stream, now or once its library is imported; those are added to `seeded` as they are."""

    def seed_one(stream: str) -> None:
        seed(stream)
        seeded.add(stream)

    for stream in _ADAPTERS:
        when_loaded(stream, functools.partial(seed_one, stream))


def refresh(keep: tuple[str, ...] = ()) -> None:
    """Give each stream fresh entropy, as a new process has it; `keep` names those that imports seed."""
    for stream, fresh in _FRESH.items():
        if loaded(stream) and stream not in keep:
            fresh()


def remember() -> Callable[[], None]:
    """A function that puts the streams of imported libraries back to where they are now."""
    kept: list[tuple[Callable[[Any], Any], Any]] = []
    if loaded("random"):
        kept.append((sys.modules["random"].setstate, sys.modules["random"].getstate()))
    if loaded("numpy"):
        kept.append((sys.modules["numpy"].random.set_state, sys.modules["numpy"].random.get_state()))
    if loaded("torch"):
        torch = sys.modules["torch"]
        kept.append((torch.set_rng_state, torch.get_rng_state()))
        if torch.cuda.is_available() and torch.cuda.is_initialized():
            kept.append((torch.cuda.set_rng_state_all, torch.cuda.get_rng_state_all()))

    def put_back() -> None:
        for put, state in kept:
            put(state)

    return put_back


def seeded_generator(value: Any) -> Any:
    """An explicit generator in a constant state, the same object where it can be; None for anything else."""
    numpy = sys.modules.get("numpy.random")
    if isinstance(value, sys.modules["random"].Random if "random" in sys.modules else ()):
        value.seed(SEED)
    elif hasattr(value, "bit_generator") and hasattr(value, "standard_normal"):
        value.bit_generator.state = type(value.bit_generator)(SEED).state
    elif hasattr(value, "manual_seed") and hasattr(value, "initial_seed"):
        value.manual_seed(SEED)
    elif numpy is not None and isinstance(value, numpy.RandomState):
        value.seed(SEED)
    elif numpy is not None and hasattr(numpy, "SeedSequence") and isinstance(value, numpy.SeedSequence):
        return numpy.SeedSequence(SEED)
    elif numpy is not None and hasattr(value, "random_raw"):
        value.state = type(value)(SEED).state
    else:
        return None
    return value


def hidden(value: Any) -> bool:
    """Whether an object is the hidden state behind a library's own functions."""
    random, numpy, torch = (sys.modules.get(name) for name in ("random", "numpy.random", "torch"))
    known = [getattr(random, "_inst", None), getattr(getattr(numpy, "mtrand", None), "_rand", None)]
    known.append(getattr(torch, "default_generator", None))
    return value is not None and any(value is one for one in known)


def generator_state(value: Any) -> Any:
    """The state of an explicit generator; None for anything else."""
    if hasattr(value, "bit_generator"):
        return value.bit_generator.state
    for name in ("getstate", "get_state"):
        read = getattr(value, name, None)
        if callable(read) and not isinstance(value, type):
            try:
                return read()
            except Exception:
                return None
    return value.state if hasattr(value, "random_raw") else None
