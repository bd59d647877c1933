"""Stand-ins for what is not there: packages that have no say in randomness, data sets, downloads."""

from __future__ import annotations

import builtins
import re
import sys
from importlib.machinery import ModuleSpec
from typing import Any, Dict, Iterator

from . import hooks


def install(config: Dict[str, Any]) -> None:
    """Put the stand-ins in place; each steps in only where the real thing fails."""
    sys.meta_path.append(_Missing(frozenset(config["absent"])))  # type: ignore[arg-type]
    hooks.when_imported("torchvision.datasets", _datasets)


class Unknown:
    """A value nobody knows: it has every attribute, can be called, and is a small number where one is needed."""

    def __init__(self, name: str = "value") -> None:
        object.__setattr__(self, "_seedlint_name_", name)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") and name.endswith("__") or name in ("shape", "_fields"):
            raise AttributeError(name)
        return Unknown(name)

    def __setattr__(self, name: str, value: Any) -> None:
        object.__setattr__(self, name, value)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        _seeds(self._seedlint_name_)
        if len(args) == 1 and not kwargs and callable(args[0]) and hasattr(args[0], "__code__"):
            return args[0]
        return Unknown(self._seedlint_name_)

    def __iter__(self) -> Iterator[Any]:
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

    def __exit__(self, *error: Any) -> bool:
        return False

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


def _seeds(name: str) -> None:
    """Note that something was called that may well have seeded: then nothing can be said about this run."""
    if re.search("seed|determin|reproduc", name, re.IGNORECASE):
        observer = getattr(builtins, "_seedlint_", None)
        if observer is not None:
            observer._write({"skip": 0, "error": "", "lost": name})


class _Missing:
    """Finds stand-ins for modules of packages that are not installed and have no say in randomness."""

    def __init__(self, absent: "frozenset[str]") -> None:
        self.absent = absent

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> Any:
        if name.partition(".")[0] in self.absent:
            return ModuleSpec(name, self, is_package=True)  # type: ignore[arg-type]
        return None

    def create_module(self, spec: Any) -> Any:
        module = type(sys)(spec.name)
        module.__path__ = []  # type: ignore[attr-defined]
        module.__getattr__ = lambda name: _attribute(spec.name, name)  # type: ignore[attr-defined]
        return module

    def exec_module(self, module: Any) -> None:
        pass


def _attribute(module: str, name: str) -> Any:
    if name.startswith("__") and name.endswith("__"):
        raise AttributeError(name)
    if name.endswith(("Error", "Exception")):
        return type(name, (Exception,), {})
    if name[:1].isupper():
        return type(name, (Unknown,), {"__module__": module, "__init__": lambda self, *a, **k: Unknown.__init__(self)})
    return Unknown(name)


# -- data sets

_SHAPES = {"MNIST": (28, 28, 1), "CIFAR": (32, 32, 3), "SVHN": (32, 32, 3), "USPS": (16, 16, 1), "STL10": (96, 96, 3)}
_CLASSES = {"CIFAR100": 100, "EMNIST": 47}
SIZE = 256


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
    grid = numpy.arange(SIZE * height * width * channels, dtype="int64") * 37 % 251
    images = grid.astype("uint8").reshape(SIZE, height, width, channels)
    labels = [index % classes for index in range(SIZE)]
    data.classes = [str(label) for label in range(classes)]
    data.class_to_idx = {text: label for label, text in enumerate(data.classes)}
    data.root = "stand-in"
    if channels == 1:
        torch = sys.modules["torch"]
        data.data, data.targets = torch.from_numpy(images[..., 0].copy()), torch.tensor(labels)
    else:
        data.data, data.targets = images, labels
    data.labels = numpy.asarray(labels)
    data.samples = data.imgs = [(str(index), label) for index, label in enumerate(labels)]
    data.loader = lambda path: _image(images[int(path)])
    if not hasattr(type(data), "data") and type(data).__name__ not in ("SVHN", "STL10"):
        return
    data.data = images.transpose(0, 3, 1, 2) if type(data).__name__ in ("SVHN", "STL10") else data.data


def _image(pixels: Any) -> Any:
    from PIL import Image  # type: ignore[import-not-found, unused-ignore]

    return Image.fromarray(pixels)
