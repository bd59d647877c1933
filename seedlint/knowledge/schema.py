"""The rows of API tables, and how a row is made from parsed TOML."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


class TableError(Exception):
    """A table is wrong; the text is `path:line: what is wrong`."""


@dataclass(frozen=True, slots=True)
class StreamRow:
    """A hidden, global random state: `start` and `fork` say how it begins in a fresh and in a forked process.

    One that is not `shared` stands for the states that objects of a kind have, each its own.
    """

    library: str
    name: str
    title: str
    start: str
    fork: str = "inherits"
    numerical: bool = True
    shared: bool = True
    source: str = ""


@dataclass(frozen=True, slots=True)
class ClassRow:
    """A library's class: its bases in the tables, the method that calling an instance runs, its attributes' classes.

    The class "self" of an attribute means the instance that has it. What it `lacks` an instance has only where the
    program, or its constructor, sets it. `during` tags what runs while an
    instance is entered as a context, or in a function that it decorates.
    """

    library: str
    names: tuple[str, ...]
    source: str
    bases: tuple[str, ...] = ()
    call: str | None = None
    attributes: tuple[tuple[str, str], ...] = ()
    lacks: tuple[str, ...] = ()
    during: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class CallRow:
    """What calling a function, a constructor or a method does; `during` tags what it runs.

    Expressions (`when`, `runs`, `value`, `process_when`, `context`, the values of `sets`) and the signature are
    source text; `sets` holds pairs of a flag and the expression that it is set to.
    """

    library: str
    names: tuple[str, ...]
    source: str
    signature: str | None = None
    example: str | None = None
    quiet: str | None = None
    setup: str | None = None
    since: str | None = None
    until: str | None = None
    draws: tuple[str, ...] = ()
    when: str | None = None
    unknown: str = "draws"
    generator: str | None = None
    random_state: str | None = None
    device: str | None = None
    seeds: tuple[str, ...] = ()
    seed: str | None = None
    missing: str | None = None
    passes: str | None = None
    makes: str | None = None
    restores: tuple[str, ...] = ()
    reads: tuple[str, ...] = ()
    scope: tuple[str, ...] = ()
    stills: tuple[str, ...] = ()
    entropy: bool = False
    sets: tuple[tuple[str, str], ...] = ()
    runs: tuple[str, ...] = ()
    during: tuple[str, ...] = ()
    process: str | None = None
    process_when: str | None = None
    context: str | None = None
    keeps: str | None = None
    overwrites: str | None = None
    fills: str | None = None
    partly: str | None = None
    starts: bool = False
    type: str | None = None
    value: str | None = None
    marks: tuple[str, ...] = ()
    module: bool = False
    reseeds: tuple[str, ...] = ()
    base: str | None = None
    anywhere: bool = False
    looks: bool = False
    matters: str | None = None
    stands: str | None = None
    hook: str | None = None


@dataclass(frozen=True, slots=True)
class RecipeRow:
    """How a fix seeds streams: a call that holds `seed`, and the import that it needs.

    With `framework`, only for a file that already imports the library.
    """

    library: str
    streams: tuple[str, ...]
    statement: str
    call: str
    source: str
    framework: bool = False


@dataclass(frozen=True, slots=True)
class TestingRow:
    """What a test runner, or a plugin of it, knows by name or does by itself.

    `names` play `role`; each of `ends` undoes what the name at its place does. `streams` are seeded before each
    test. A plugin acts where the project declares `package` and gives none of the options `off`; the option `fixed`
    decides its seed.
    """

    library: str
    role: str
    source: str
    names: tuple[str, ...] = ()
    ends: tuple[str, ...] = ()
    streams: tuple[str, ...] = ()
    package: str = ""
    fixed: str = ""
    off: tuple[str, ...] = ()


def recipe_row(library: str, row: Mapping[str, Any]) -> RecipeRow:
    """Make a row of a checked `[[recipe]]`."""
    fields: dict[str, Any] = {key: tuple(value) if isinstance(value, list) else value for key, value in row.items()}
    return RecipeRow(library=library, **fields)


def testing_row(library: str, row: Mapping[str, Any]) -> TestingRow:
    """Make a row of a checked `[[testing]]`."""
    fields: dict[str, Any] = {key: tuple(value) if isinstance(value, list) else value for key, value in row.items()}
    return TestingRow(library=library, **fields)


def call_row(library: str, row: Mapping[str, Any]) -> CallRow:
    """Make a row of a checked `[[call]]`."""
    fields: dict[str, Any] = {key: tuple(value) if isinstance(value, list) else value for key, value in row.items()}
    if "sets" in row:
        fields["sets"] = tuple((item["flag"], item["value"]) for item in row["sets"])
    return CallRow(library=library, **fields)


def class_row(library: str, row: Mapping[str, Any]) -> ClassRow:
    """Make a row of a checked `[[class]]`."""
    fields: dict[str, Any] = {key: tuple(value) if isinstance(value, list) else value for key, value in row.items()}
    if "attributes" in row:
        fields["attributes"] = tuple((item["name"], item["type"]) for item in row["attributes"])
    return ClassRow(library=library, **fields)
