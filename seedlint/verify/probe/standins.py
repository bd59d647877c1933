"""Stand-ins for what is not there: packages that have no say in randomness, data sets, downloads."""

from __future__ import annotations

import builtins
import re
import sys
from importlib.machinery import ModuleSpec
from typing import Any, Iterator

from . import hooks

SEEDING = re.compile("seed|determin|reproduc", re.IGNORECASE)
"""What the name of a function says that may seed."""


def install(config: dict[str, Any]) -> None:
    """Put the stand-ins in place; each steps in only where the real thing fails."""
    sys.meta_path.append(_Missing(frozenset(config["absent"])))
    hooks.when_imported("torchvision.datasets", _datasets)


class Unknown:
    """A value nobody knows: it has every attribute, can be called, and is a small number where one is needed."""

    def __init__(self, name: str = "value") -> None:
        object.__setattr__(self, "_seedlint_name_", name)

    def __getattr__(self, name: str) -> Any:
        if (name.startswith("__") and name.endswith("__")) or name in ("shape", "_fields"):
            raise AttributeError(name)
        return Unknown(name)

    def __setattr__(self, name: str, value: Any) -> None:
        object.__setattr__(self, name, value)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        _seeds(self._seedlint_name_)
        if len(args) == 1 and not kwargs and callable(args[0]) and hasattr(args[0], "__code__"):
            return args[0]
        return _around(Unknown(self._seedlint_name_), args)

    def __iter__(self) -> Iterator[Any]:
        wrapped = self.__dict__.get("_seedlint_wrapped_")
        if wrapped is not None:
            return iter(wrapped)
        return iter([Unknown(self._seedlint_name_), Unknown(self._seedlint_name_)])

    def __mro_entries__(self, bases: Any) -> Any:
        return (object,)

    def __getitem__(self, key: Any) -> Any:
        return Unknown(self._seedlint_name_)

    def __setitem__(self, key: Any, value: Any) -> None:
        pass

    def __contains__(self, key: Any) -> bool:
        return False

    def __enter__(self) -> Any:
        return self

    def __exit__(self, *error: Any) -> None:
        pass

    def __len__(self) -> int:
        return 2

    def __bool__(self) -> bool:
        return True

    def __index__(self) -> int:
        return 4

    def __int__(self) -> int:
        return 4

    def __float__(self) -> float:
        return 1.0

    def __str__(self) -> str:
        return "stand-in"

    def __repr__(self) -> str:
        return "<stand-in>"

    def __array__(self, *args: Any, **kwargs: Any) -> Any:
        return sys.modules["numpy"].ones(4)  # else its items are looked for in its items, without end

    def __fspath__(self) -> str:
        return "stand-in"

    def __hash__(self) -> int:
        return 4

    def _number(self, other: Any = None) -> Any:
        return Unknown(self._seedlint_name_)

    def _compare(self, other: Any) -> bool:
        return False

    __add__ = __radd__ = __sub__ = __rsub__ = __mul__ = __rmul__ = __truediv__ = __rtruediv__ = _number
    __floordiv__ = __rfloordiv__ = __mod__ = __rmod__ = __pow__ = __rpow__ = __neg__ = __abs__ = _number
    __matmul__ = __rmatmul__ = __and__ = __or__ = __invert__ = _number
    __lt__ = __gt__ = __le__ = __ge__ = _compare


def _around(value: Unknown, args: Any) -> Unknown:
    """A stand-in made around something iterable, as progress bars are, iterates it."""
    if args and hasattr(type(args[0]), "__iter__") and not isinstance(args[0], (str, bytes, dict, Unknown)):
        object.__setattr__(value, "_seedlint_wrapped_", args[0])
    return value


def _made(self: Any, *args: Any, **kwargs: Any) -> None:
    Unknown.__init__(self, type(self).__name__)
    _around(self, args)


def _seeds(name: str) -> None:
    """Note that something was called that may well have seeded: then nothing can be said about this run."""
    if SEEDING.search(name):
        observer = getattr(builtins, "_seedlint_", None)
        if observer is not None:
            observer._write({"skip": "", "error": "", "lost": name})


_NUMBERS = ("n", "num", "size", "dim", "count", "length", "batch", "epoch", "seed", "hidden", "channels", "features")
_PLANES = ("in_planes", "planes", "in_channels", "out_channels", "width", "height", "nc", "ngf", "ndf", "depth")


def argument(parameter: Any) -> Any:
    """A small plausible argument for a parameter, by its annotation, else by its name."""
    kinds = {"int": 4, "float": 0.5, "str": "stand-in", "bool": False}
    kind = (
        parameter.annotation if isinstance(parameter.annotation, str) else getattr(parameter.annotation, "__name__", "")
    )
    if kind in kinds:
        return kinds[kind]
    name = parameter.name.lower()
    if name in _PLANES or any(part in _NUMBERS for part in name.split("_")):
        return 4
    torch = sys.modules.get("torch")
    if torch is not None and (
        name in ("x", "y", "input", "inputs", "data", "image", "images", "img", "z", "t") or kind == "Tensor"
    ):
        return torch.linspace(-1, 1, 2 * 3 * 32 * 32).reshape(2, 3, 32, 32)
    if torch is not None and (name in ("net", "model", "module", "network", "m") or kind in ("Module", "nn.Module")):
        return _network(torch)
    return Unknown(parameter.name)


def _network(torch: Any) -> Any:
    """A small network with constant weights; making it leaves the stream as it was."""
    state = torch.get_rng_state()
    try:
        net = torch.nn.Sequential(torch.nn.Conv2d(3, 4, 3), torch.nn.BatchNorm2d(4), torch.nn.Linear(4, 4))
        with torch.no_grad():
            for parameter in net.parameters():
                parameter.fill_(0.5)
        return net
    finally:
        torch.set_rng_state(state)


class _Missing:
    """Finds stand-ins for modules of packages that are not installed and have no say in randomness."""

    def __init__(self, absent: frozenset[str]) -> None:
        self.absent = absent

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> Any:
        if name.partition(".")[0] in self.absent:
            return ModuleSpec(name, self, is_package=True)  # type: ignore[arg-type]
        return None

    def create_module(self, spec: Any) -> Any:
        module = type(sys)(spec.name)
        module.__path__ = []
        module.__getattr__ = lambda name: _attribute(spec.name, name)  # type: ignore[method-assign]
        return module

    def exec_module(self, module: Any) -> None:
        pass


def _attribute(module: str, name: str) -> Any:
    if name.startswith("__") and name.endswith("__"):
        raise AttributeError(name)
    if name.endswith(("Error", "Exception")):
        return type(name, (Exception,), {})
    if name[:1].isupper():
        return type(name, (Unknown,), {"__module__": module, "__init__": _made})
    return Unknown(name)


# -- data sets

_SHAPES = {"MNIST": (28, 28, 1), "CIFAR": (32, 32, 3), "SVHN": (32, 32, 3), "USPS": (16, 16, 1), "STL10": (96, 96, 3)}
_CLASSES = {"CIFAR100": 100, "EMNIST": 47}
MOST_IMAGES, MOST_BYTES = 8000, 25_000_000


def _datasets(module: Any) -> None:
    """Let the data sets of torchvision fall back on a few images made from their index."""
    base = getattr(module, "VisionDataset", object)
    for name in dir(module):
        cls = getattr(module, name)
        if isinstance(cls, type) and issubclass(cls, base) and cls is not base and name != "FakeData":
            _with_fallback(cls, name)


def _with_fallback(cls: Any, name: str) -> None:
    original, shape = cls.__init__, next((s for key, s in _SHAPES.items() if key in name), (64, 64, 3))

    def __init__(self: Any, *args: Any, **kwargs: Any) -> None:
        try:
            original(self, *args, **{key: value for key, value in kwargs.items() if key != "download"})
        except Exception:
            self.transform, self.target_transform = kwargs.get("transform"), kwargs.get("target_transform")
            self.transforms = kwargs.get("transforms")
            _fill(self, shape, _CLASSES.get(name, 10))

    cls.__init__ = __init__


def _fill(data: Any, shape: Any, classes: int) -> None:
    numpy = sys.modules["numpy"]
    height, width, channels = shape
    size = min(MOST_IMAGES, MOST_BYTES // (height * width * channels))
    pattern = (numpy.arange(251) * 37 % 251).astype("uint8")
    images = numpy.resize(pattern, size * height * width * channels).reshape(size, height, width, channels)
    labels = [index % classes for index in range(size)]
    names = [str(label) for label in range(classes)]
    values: dict[str, Any] = {
        "root": "stand-in",
        "classes": names,
        "class_to_idx": {text: i for i, text in enumerate(names)},
    }
    values.update(data=images, targets=labels, labels=numpy.asarray(labels))
    values.update(samples=[(str(i), label) for i, label in enumerate(labels)])
    values.update(imgs=values["samples"], loader=lambda path: _image(images[int(path)]))
    if channels == 1:
        torch = sys.modules["torch"]
        values.update(data=torch.from_numpy(images[..., 0].copy()), targets=torch.tensor(labels))
    elif type(data).__name__ in ("SVHN", "STL10"):
        values.update(data=images.transpose(0, 3, 1, 2))
    for name, value in values.items():
        try:
            setattr(data, name, value)
        except AttributeError:
            continue


def _image(pixels: Any) -> Any:
    from PIL import Image  # type: ignore[import-not-found, unused-ignore]

    return Image.fromarray(pixels)
