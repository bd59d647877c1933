"""Runs tables' examples and says which streams each moved; started in a process of its own.

Reads a JSON list of rows on standard input, writes a JSON list of `[name, expression, streams moved]`.
"""

from __future__ import annotations

import importlib
import json
import random
import sys
import warnings
from collections.abc import Iterator
from typing import Any


def main() -> None:
    """Run every example of the rows on standard input."""
    warnings.simplefilter("ignore")
    rows = json.load(sys.stdin)
    root = sys.argv[1]
    importlib.import_module(root)
    results = [result for row in rows for result in run_row(row, root)]
    json.dump(results, sys.stdout)


def run_row(row: dict[str, Any], root: str) -> Iterator[tuple[str, str, list[str]]]:
    """Run a row's `example` and `quiet`, once for each of its names where they say `_`."""
    for key in ("example", "quiet"):
        expression = row.get(key)
        if expression is None:
            continue
        names = row["names"] if uses_name(expression) else row["names"][:1]
        for name in names:
            yield name, key, moved(expression, name, row.get("setup") or "", root)


def uses_name(expression: str) -> bool:
    """Whether an example stands for every name of its row."""
    return "_" in compile(expression, "<example>", "eval").co_names


def moved(expression: str, name: str, setup: str, root: str) -> list[str]:
    """The streams that evaluating an example moves, or what it raised."""
    scope: dict[str, Any] = {root: sys.modules[root]}
    try:
        if uses_name(expression):
            scope["_"] = resolve(name)
            scope["owner"] = resolve(name.rpartition(".")[0])
        settle()
        exec(setup, scope)
        before = states()
        eval(expression, scope)
    except Exception as error:
        return [f"{type(error).__name__}: {error}"]
    after = states()
    return [stream for stream in before if before[stream] != after[stream]]


def resolve(name: str) -> Any:
    """The object that a dotted name means: an attribute where there is one, else a module."""
    root, *parts = name.split(".")
    found: Any = importlib.import_module(root)
    path = root
    for part in parts:
        path = f"{path}.{part}"
        found = getattr(found, part) if hasattr(found, part) else importlib.import_module(path)
    return found


def settle() -> None:
    """Give every stream a state that no example sets by itself."""
    random.seed(271828)
    if "numpy" in sys.modules:
        sys.modules["numpy"].random.seed(271828)
    if "torch" in sys.modules:
        sys.modules["torch"].manual_seed(271828)


def states() -> dict[str, object]:
    """A comparable state of each stream that can be seen here."""
    found: dict[str, object] = {"random": random.getstate()}
    if "numpy" in sys.modules:
        kind, keys, *rest = sys.modules["numpy"].random.get_state()
        found["numpy"] = (kind, keys.tobytes(), *rest)
    if "torch" in sys.modules:
        found["torch"] = sys.modules["torch"].get_rng_state().numpy().tobytes()
    return found


if __name__ == "__main__":
    main()
