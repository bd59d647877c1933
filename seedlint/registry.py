"""Finds rules and API tables: the built-in package, and the entry-point group `seedlint.rules`."""

from __future__ import annotations

import importlib
import importlib.util
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

from seedlint.rule import Rule

BUILT_IN = "seedlint_rules"
GROUP = "seedlint.rules"


@lru_cache(maxsize=1)
def packages() -> tuple[Path, ...]:
    """The folders that hold rules: the built-in one first, then those that other packages announce."""
    from importlib.metadata import entry_points

    names = [BUILT_IN, *sorted(point.value for point in entry_points(group=GROUP))]
    return tuple(folder for name in names for folder in _folders(name))


def _folders(name: str) -> Iterator[Path]:
    spec = importlib.util.find_spec(name)
    if spec is not None:
        yield from (Path(place) for place in spec.submodule_search_locations or ())


def tables() -> tuple[Path, ...]:
    """The API tables of all rule packages, in a stable order."""
    return tuple(path for folder in packages() for path in sorted((folder / "apis").glob("*.toml")))


@lru_cache(maxsize=1)
def rules() -> tuple[type[Rule], ...]:
    """All rules, by code."""
    found: dict[str, type[Rule]] = {}
    for folder in packages():
        for path in sorted(folder.glob("*.md")):
            if path.with_suffix(".py").exists():
                module = importlib.import_module(f"{folder.name}.{path.stem}")
                for value in vars(module).values():
                    if _is_rule(value, module.__name__):
                        found[value.code] = value
    return tuple(found[code] for code in sorted(found))


def listed() -> tuple[type[Rule], ...]:
    """All codes that findings can have: those of the rules, and of comments that suppress nothing."""
    from seedlint.suppress import UnusedSuppression

    return (UnusedSuppression, *rules())


def _is_rule(value: object, module: str) -> bool:
    return isinstance(value, type) and issubclass(value, Rule) and value.__module__ == module


def doc(rule: type[Rule]) -> str:
    """The text of a rule's page."""
    module = importlib.import_module(rule.__module__)
    assert module.__file__ is not None
    return Path(module.__file__).with_suffix(".md").read_text(encoding="utf-8")
