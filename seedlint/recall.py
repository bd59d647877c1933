"""Results of whole projects, kept under everything that they follow from."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from dataclasses import dataclass, fields
from enum import Enum
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from seedlint.config import Config
from seedlint.index.cache import Store, key_of
from seedlint.index.stamps import folder_stamps, stamp_of
from seedlint.rule import Applicability, Edit, Finding, Fix, Outcome, Place, Severity, TraceStep, Verdict
from seedlint.sources.source import Problem

if TYPE_CHECKING:
    from seedlint.flow.unchanged import Readings

_RECORDS: tuple[type, ...] = (Place, TraceStep, Edit, Fix, Verdict, Finding, Problem)
_CHOICES: tuple[type[Enum], ...] = (Severity, Applicability, Outcome)
_RECORD, _CHOICE = "\0record", "\0choice"
_CODE = (".py", ".toml", ".md")


class Results:
    """The last result of one project with one configuration, seen from one working directory."""

    def __init__(self, folder: Path | None, root: Path, config: Config) -> None:
        self._store = Store(folder, "results")
        self._bases = Store(folder, "bases")
        self._name = key_of(str(root), os.getcwd(), repr(config))  # noqa: PTH109
        self._code = code(folder) if folder is not None else ""
        self._tables = [(path, _content(path)) for path in config.apis]

    def key(self, files: Iterable[tuple[str, bytes]]) -> str:
        """What a result follows from: the files' paths and digests, the tables, the rules and the engine."""
        return key_of(self._code, self._tables, list(files))

    def get(self, key: str) -> dict[str, Any] | None:
        """The result that was kept under this key."""
        kept = self._read()
        return _unpacked(kept[1]) if kept is not None and kept[0] == key else None

    def base(self) -> Base | None:
        """The last result that was computed, whatever has changed since; none of another engine's."""
        kept = self._read()
        found = self._bases.read(self._name) if kept is not None else None
        if kept is None or found is None or found[:2] != (kept[2], key_of(self._code, self._tables)):
            return None
        result = _unpacked(kept[1])
        if result is None:
            return None
        from seedlint.flow.unchanged import Readings

        _, _, files, commented, executed, searched, methods = found
        places = {path: frozenset(where) for path, where in executed.items()}
        return Base(kept[2], result, files, commented, Readings(places, frozenset(searched), frozenset(methods)))

    def put(self, key: str, result: dict[str, Any], base: str) -> None:
        """Keep a result in the place of the one before, and what its base is called."""
        if self._store.folder is not None:
            self._store.write(self._name, (key, pack(result), base))

    def put_base(self, key: str, files: list[tuple[str, bytes]], commented: list[str], readings: Readings) -> None:
        """Keep what a result that was computed follows from; its key is what the base is called."""
        if self._store.folder is not None:
            executed = {path: tuple(where) for path, where in readings.executed.items()}
            searched, methods = tuple(readings.searched), tuple(readings.methods)
            state = key_of(self._code, self._tables)
            self._bases.write(self._name, (key, state, files, commented, executed, searched, methods))

    def _read(self) -> tuple[str, Any, str] | None:
        kept = self._store.read(self._name)
        return kept if isinstance(kept, tuple) and len(kept) == 3 else None


@dataclass(frozen=True, slots=True)
class Base:
    """A result that was computed, with the digests of the files that it was computed from, and what it has read."""

    key: str
    result: dict[str, Any]
    files: list[tuple[str, bytes]]
    commented: list[str]
    readings: Readings


def _unpacked(value: Any) -> dict[str, Any] | None:
    try:
        found = unpack(value)
    except (TypeError, ValueError, IndexError):
        return None
    return found if isinstance(found, dict) else None


@lru_cache(maxsize=8)
def code(folder: Path | None) -> str:
    """What stands for the engine, the rules and the tables that are installed; `folder` keeps where they are."""
    engine = str(Path(__file__).parent)
    stamps = folder_stamps([engine, *_packages(folder)], _CODE)
    return key_of(sys.version, stamps)


def _packages(folder: Path | None) -> list[str]:
    """The folders of rules. To ask for them takes longer than all else, and they change when packages do."""
    store = Store(folder, "packages")
    state = [(path, stamp_of(path)) for path in sys.path if path]
    name = key_of(sys.executable, sys.path)
    kept = store.read(name)
    if isinstance(kept, tuple) and len(kept) == 2 and kept[0] == state:
        return list(kept[1])
    from seedlint import registry

    found = [str(path) for path in registry.packages()]
    store.write(name, (state, found))
    return found


def _content(path: str) -> bytes | None:
    try:
        return Path(path).read_bytes()
    except OSError:
        return None


def pack(value: Any) -> Any:
    """A value as `marshal` can write it. Raises TypeError for what is neither plain nor one of a report's words."""
    if isinstance(value, Enum):
        return (_CHOICE, _CHOICES.index(type(value)), value.value)
    if value is None or isinstance(value, (str, int, float, bytes)):
        return value
    if isinstance(value, (tuple, list, set)):
        return type(value)([pack(item) for item in value])
    if isinstance(value, dict):
        return {key: pack(item) for key, item in value.items()}
    if type(value) in _RECORDS:
        parts = [pack(getattr(value, item.name)) for item in fields(value)]
        return (_RECORD, _RECORDS.index(type(value)), *parts)
    raise TypeError(type(value).__name__)


def unpack(value: Any) -> Any:
    """The value that was packed."""
    if isinstance(value, tuple):
        if value[:1] == (_RECORD,):
            return _RECORDS[value[1]](*[unpack(item) for item in value[2:]])
        if value[:1] == (_CHOICE,):
            return _CHOICES[value[1]](value[2])
        return tuple([unpack(item) for item in value])
    if isinstance(value, (list, set)):
        return type(value)([unpack(item) for item in value])
    if isinstance(value, dict):
        return {key: unpack(item) for key, item in value.items()}
    return value
