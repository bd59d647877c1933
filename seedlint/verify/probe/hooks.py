"""Runs something once a module has been imported."""

from __future__ import annotations

import importlib.util
import os
import sys
from importlib.machinery import PathFinder
from typing import Any, Callable


class _Finder:
    """Finds modules as Python does, and calls back when those that are waited for have run."""

    def __init__(self) -> None:
        self.waiting: dict[str, list[Callable[[Any], None]]] = {}

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> Any:
        if name not in self.waiting:
            return None
        spec = PathFinder.find_spec(name, path, target)
        if spec is None or spec.loader is None:
            return None
        execute = spec.loader.exec_module

        def exec_module(module: Any) -> None:
            execute(module)
            for callback in self.waiting.pop(name, ()):
                callback(module)

        spec.loader.exec_module = exec_module  # type: ignore[method-assign]
        return spec


_FINDER = _Finder()


def when_imported(name: str, callback: Callable[[Any], None]) -> None:
    """Call back with a module, now if it is there, else once it has been imported."""
    if name in sys.modules:
        callback(sys.modules[name])
        return
    if _FINDER not in sys.meta_path:
        sys.meta_path.insert(0, _FINDER)
    _FINDER.waiting.setdefault(name, []).append(callback)


def run_next(name: str, folder: str) -> None:
    """Run the module of this name that ours, which lies in `folder`, hides."""
    spec = PathFinder.find_spec(name, [path for path in sys.path if path and os.path.abspath(path) != folder])
    if spec is not None and spec.loader is not None and spec.origin:
        spec.loader.exec_module(importlib.util.module_from_spec(spec))
