"""Watches the flagged calls from inside the running program, and writes down what they did."""

from __future__ import annotations

import builtins
import functools
import inspect
import json
import os
import sys
import threading
from typing import Any, Callable, Iterator

from . import kernels, standins, streams
from .digest import Digest

NAME = "_seedlint_"
MAIN_HITS = 3
UNREADABLE_HITS = 32
"""Hits of a stream whose state cannot be read: two runs may draw the same few values by chance."""
CHILD_HITS = 64
ITEMS = 8
"""Items that are written down of an iteration over plain values; of batches, one."""
_METHODS = ("fit", "fit_transform", "fit_predict", "fit_resample", "split")
_PLAIN = (str, bytes, list, tuple, dict, set, frozenset, range, int, float, bool, type(None))


class Observer:
    """The object that instrumented code calls: `points` maps each point to its witnesses."""

    def __init__(self, config: dict[str, Any]) -> None:
        self.points: dict[str, list[dict[str, Any]]] = config["points"]
        self.folder: str = config["out"]
        self.control = bool(config["control"])
        self.main = os.getpid()
        self.pid = self.main
        self.counts: dict[str, int] = {}
        self.seeded: set[str] = set()
        self.skips = 0
        self.refused = False
        self.busy = threading.local()

    # -- what instrumented code calls

    def call(self, number: int, function: Any) -> Any:
        """The function, or one that does the same and writes down what it did."""
        point = str(number)
        if getattr(self.busy, "on", False) or not self._wanted(point) or isinstance(function, standins.Unknown):
            return function
        return lambda *args, **kwargs: self._call(point, function, args, kwargs)

    def compute(self, number: int, function: Any) -> Any:
        """What a function without arguments yields; it is called several times."""
        return self.call(number, function)()

    def watch(self, number: int, value: Any) -> Any:
        """The same object; when it is iterated or fitted, that is written down."""
        point = str(number)
        if not getattr(self.busy, "on", False) and self._wanted(point):
            self._control(point)
            if not self._attach(point, value) and hasattr(value, "__iter__") and hasattr(value, "__next__"):
                return Recorded(self, point, iter(value), self._before(point))
        return value

    def skipped(self, place: str, error: BaseException, *names: str) -> Any:
        """A statement that failed and was stepped over: a stand-in for each name that it would have bound."""
        self.skips += 1
        if self.refused:
            self._write({"skip": place, "error": "", "lost": "raise"})
        if self.skips <= 50:
            text = f"{type(error).__name__}: {error}"
            self._write({"skip": place, "error": text[:300], "names": names})
        return tuple(standins.Unknown(name) for name in names)

    def lost(self, place: str, error: BaseException, *names: str) -> Any:
        """A statement that may seed failed: what follows if it is stepped over says nothing about the program."""
        self._write({"skip": place, "error": "", "lost": "seed"})
        return self.skipped(place, error, *names)

    def raises(self) -> None:
        """The program is about to refuse to go on: what follows if that is stepped over says nothing about it."""
        self.refused = True

    def drive(self, name: str, space: dict[str, Any]) -> None:
        """Call a function or method that no entry reaches, stand-ins as its arguments."""
        owner, _, method = name.rpartition(".")
        function = space[method] if not owner else getattr(_with_standins(space[owner]), method, None)
        _with_standins(function)

    # -- hits

    def _call(self, point: str, function: Any, args: Any, kwargs: Any) -> Any:
        self._control(point)
        factory = kwargs.get("default_factory")
        if factory is not None:
            return function(*args, **dict(kwargs, default_factory=lambda: self._call(point, factory, (), {})))
        before = self._before(point)
        if any(witness["kind"] == "kernel" for witness in self.points[point]):
            self._repeat(point, function, args, kwargs)
            return function(*args, **kwargs)
        result = function(*args, **kwargs)
        owner = _owner(function)
        if self.control:
            result = self._repair(point, result, owner)
        if hasattr(type(result), "__next__"):
            return Recorded(self, point, result, before)
        yielded = result
        if any(witness["kind"] == "generator" for witness in self.points[point]):
            yielded = [streams.generator_state(owner) if owner is not None else None, result]
            if yielded[0] is not None:
                yielded[1] = None
        elif result is None:
            yielded = [owner, args, kwargs]
        self._hit(point, before, yielded)
        if not isinstance(result, _PLAIN):
            self._attach(point, result)
        return result

    def _repeat(self, point: str, function: Any, args: Any, kwargs: Any) -> None:
        """Compute a step several times from equal inputs; whether one differs is written down."""
        self.busy.on = True
        try:
            shown = kernels.repeat(function, args, kwargs).record()
        except Exception as error:
            self._write({"skip": "", "error": f"{type(error).__name__}: {error}"[:300], "names": ()})
            return
        finally:
            self.busy.on = False
        self._record(point, {}, {}, shown)

    def _repair(self, point: str, result: Any, owner: Any) -> Any:
        """In a control run, make constant what follows the system's entropy."""
        for witness in self.points[point]:
            if witness["kind"] == "seed":
                streams.seed(witness["stream"])
            if witness["kind"] == "generator":
                made = streams.seeded_generator(result)
                result = streams.seeded_generator(owner) and result if made is None else made
        return result

    def _control(self, point: str) -> None:
        """In a control run, seed a flagged stream before it is first drawn from in this process."""
        if not self.control:
            return
        self._this_process()
        for witness in self.points[point]:
            stream = witness["stream"]
            if stream and witness["kind"] == "draw" and stream not in self.seeded and streams.seed(stream):
                self.seeded.add(stream)

    def _before(self, point: str) -> dict[str, str | None]:
        """The states of a point's streams; that of a library which is imported meanwhile, as its import leaves it."""
        out = self._states(point)
        for stream in out:
            if not streams.loaded(stream):
                streams.when_loaded(stream, functools.partial(_note_state, out, stream))
        return out

    def _states(self, point: str) -> dict[str, str | None]:
        return {w["stream"]: streams.state(w["stream"]) for w in self.points[point] if w["stream"]}

    def _hit(self, point: str, before: dict[str, str | None], yielded: Any) -> None:
        after = self._states(point)
        self.busy.on = True
        try:
            digest = Digest(yielded)
            value, leaves = digest.hex, digest.leaves
        except Exception as error:
            value, leaves = "", [("", f"<{type(error).__name__}>")]
        finally:
            self.busy.on = False
        self._record(point, before, after, {"value": value, "leaves": leaves})

    def _record(self, point: str, before: Any, after: Any, shown: dict[str, Any]) -> None:
        self.counts[point] = number = self.counts.get(point, 0) + 1
        hit = {"point": point, "n": number, "main": self.pid == self.main, "who": self._who()}
        hit["enough"] = number >= self._limit(point)
        hit.update(before=before, after=after, **shown)
        self._write(hit)

    def _write(self, record: dict[str, Any]) -> None:
        self._this_process()
        path = os.path.join(self.folder, f"hits-{self.pid}.jsonl")
        data = (json.dumps(record) + "\n").encode()
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
        try:
            os.write(handle, data)
        finally:
            os.close(handle)

    def _who(self) -> str:
        if self.pid == self.main:
            return "main"
        process = sys.modules.get("multiprocessing.process")
        return process.current_process().name if process else "child"

    def _this_process(self) -> None:
        if self.pid != os.getpid():
            self.pid = os.getpid()
            self.counts = {}
            self.seeded = set()

    def _wanted(self, point: str) -> bool:
        self._this_process()
        return self.counts.get(point, 0) < self._limit(point)

    def _limit(self, point: str) -> int:
        if self.pid != self.main:
            return CHILD_HITS
        hidden = any(w["stream"] and not streams.readable(w["stream"]) for w in self.points[point])
        return UNREADABLE_HITS if hidden else MAIN_HITS

    # -- objects that draw later

    def _attach(self, point: str, value: Any) -> bool:
        """Watch an object's iterations and fits, through a subclass made for it."""
        cls = type(value)
        if getattr(value, "_seedlint_point_", None) is not None or isinstance(value, _PLAIN):
            return False
        if cls.__module__.partition(".")[0] in ("builtins", "numpy", "pandas") or hasattr(value, "__array__"):
            return False
        methods: dict[str, Any] = {}
        if hasattr(cls, "__iter__") and not hasattr(cls, "__next__"):
            methods["__iter__"] = _watched_iter(self, point, cls)
        for name in _METHODS:
            if callable(getattr(cls, name, None)):
                methods[name] = _watched_method(self, point, cls, name)
        if not methods:
            return False
        methods.update(_seedlint_point_=point, __reduce_ex__=_plain_reduce(cls), __module__=cls.__module__)
        methods["__qualname__"] = cls.__qualname__
        try:
            object.__setattr__(value, "__class__", type(cls.__name__, (cls,), methods))
        except TypeError:
            return False
        return True


def _with_standins(function: Any) -> Any:
    """Call something; each argument that it needs is a stand-in."""
    needed = []
    words = {}
    try:
        parameters = list(inspect.signature(function).parameters.values())
    except (TypeError, ValueError):
        parameters = []
    for parameter in parameters:
        if parameter.default is not parameter.empty or parameter.kind in (
            parameter.VAR_POSITIONAL,
            parameter.VAR_KEYWORD,
        ):
            continue
        if parameter.kind is parameter.KEYWORD_ONLY:
            words[parameter.name] = standins.argument(parameter)
        else:
            needed.append(standins.argument(parameter))
    return function(*needed, **words)


def _note_state(states: dict[str, str | None], stream: str) -> None:
    states[stream] = streams.state(stream)


def _owner(function: Any) -> Any:
    """The object whose method a function is; None for a module or a hidden generator."""
    owner = getattr(function, "__self__", None)
    return None if isinstance(owner, (type(sys), type)) or streams.hidden(owner) else owner


def _watched_iter(observer: Observer, point: str, cls: Any) -> Callable[[Any], Any]:
    def __iter__(self: Any) -> Iterator[Any]:
        if not observer._wanted(point):
            return iter(cls.__iter__(self))
        observer._control(point)
        before = observer._before(point)
        return Recorded(observer, point, iter(cls.__iter__(self)), before)

    return __iter__


def _watched_method(observer: Observer, point: str, cls: Any, name: str) -> Callable[..., Any]:
    def method(self: Any, *args: Any, **kwargs: Any) -> Any:
        if not observer._wanted(point):
            return getattr(cls, name)(self, *args, **kwargs)
        observer._control(point)
        before = observer._before(point)
        result = getattr(cls, name)(self, *args, **kwargs)
        if hasattr(result, "__next__"):
            return Recorded(observer, point, result, before)
        observer._hit(point, before, [result, self])
        return result

    return method


def _plain_reduce(cls: Any) -> Callable[[Any, Any], Any]:
    def __reduce_ex__(self: Any, protocol: Any) -> Any:
        mine = type(self)
        object.__setattr__(self, "__class__", cls)
        try:
            return self.__reduce_ex__(protocol)
        finally:
            object.__setattr__(self, "__class__", mine)

    return __reduce_ex__


class Recorded:
    """An iterator that writes down its first items."""

    def __init__(self, observer: Observer, point: str, inner: Iterator[Any], before: dict[str, str | None]) -> None:
        self._observer, self._point, self._inner, self._before = observer, point, inner, before
        self._items: list[Any] = []
        self._open = True

    def __iter__(self) -> Recorded:
        return self

    def __next__(self) -> Any:
        try:
            item = next(self._inner)
        except StopIteration:
            self._close()
            raise
        if self._open:
            self._items.append(item)
            if len(self._items) >= (ITEMS if isinstance(item, (str, bytes, int, float)) else 1):
                self._close()
        return item

    def _close(self) -> None:
        if self._open:
            self._open = False
            self._observer._hit(self._point, self._before, self._items)
            self._items = []

    def __len__(self) -> int:
        return len(self._inner)  # type: ignore[arg-type]

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    def __del__(self) -> None:
        try:
            if self._items:
                self._close()
        except Exception:
            pass


def install(config: dict[str, Any]) -> Observer:
    """Make the observer known to instrumented code in this process and those it forks."""
    observer = Observer(config)
    setattr(builtins, NAME, observer)
    return observer
