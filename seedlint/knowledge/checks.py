"""Whether tables keep to the schema; run for a project's own tables and in tests."""

from __future__ import annotations

import ast
import builtins
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from seedlint.knowledge.schema import TableError

TEXT, BOOL, NAMES, SETS, EXPRESSION, EXPRESSIONS = "text", "true or false", "names", "sets", "code", "codes"
ATTRIBUTES = "attributes"
STREAMS, VERSION, SIGNATURE, STATEMENTS, DOTTED = "streams", "version", "signature", "statements", "dotted"
STARRED = "starred"

ROLES = (
    "fixture", "uses", "parameters", "set", "case", "given", "marks", "plugins", "request", "configure", "session",
    "before", "call", "around-module", "around-class", "around-case-class", "around-function", "around-method",
    "around-case", "plugin",
)  # fmt: skip
"""What a name may be to a test runner."""

FIELDS: dict[str, dict[str, str | tuple[str, ...]]] = {
    "stream": {
        "name": TEXT,
        "title": TEXT,
        "start": ("entropy", "fixed"),
        "fork": ("inherits", "entropy"),
        "numerical": BOOL,
        "shared": BOOL,
        "source": TEXT,
    },
    "alias": {"from": DOTTED, "to": DOTTED, "source": TEXT},
    "class": {
        "names": STARRED,
        "bases": NAMES,
        "call": TEXT,
        "attributes": ATTRIBUTES,
        "lacks": NAMES,
        "during": NAMES,
        "source": TEXT,
    },
    "flag": {"attribute": DOTTED, "flag": TEXT, "source": TEXT},
    "environment": {"variable": TEXT, "flag": TEXT, "source": TEXT},
    "recipe": {"streams": STREAMS, "statement": STATEMENTS, "call": EXPRESSION, "framework": BOOL, "source": TEXT},
    "testing": {
        "role": ROLES,
        "names": NAMES,
        "ends": NAMES,
        "streams": STREAMS,
        "package": TEXT,
        "fixed": TEXT,
        "off": NAMES,
        "source": TEXT,
    },
    "call": {
        "names": STARRED,
        "signature": SIGNATURE,
        "source": TEXT,
        "example": EXPRESSION,
        "quiet": EXPRESSION,
        "setup": STATEMENTS,
        "since": VERSION,
        "until": VERSION,
        "draws": STREAMS,
        "when": EXPRESSION,
        "unknown": ("draws", "quiet"),
        "generator": EXPRESSION,
        "random_state": EXPRESSION,
        "device": EXPRESSION,
        "seeds": STREAMS,
        "seed": EXPRESSION,
        "missing": ("entropy", "fixed", "error", "unseeds", "kept"),
        "passes": DOTTED,
        "makes": DOTTED,
        "restores": STREAMS,
        "reads": STREAMS,
        "scope": STREAMS,
        "stills": STREAMS,
        "entropy": BOOL,
        "sets": SETS,
        "runs": EXPRESSIONS,
        "during": NAMES,
        "process": ("spawn", "fresh", "fork", "default", "worker", "thread"),
        "process_when": EXPRESSION,
        "context": EXPRESSION,
        "keeps": EXPRESSION,
        "overwrites": EXPRESSION,
        "fills": EXPRESSION,
        "partly": EXPRESSION,
        "starts": BOOL,
        "type": DOTTED,
        "value": EXPRESSION,
        "marks": NAMES,
        "module": BOOL,
        "reseeds": STREAMS,
        "base": TEXT,
        "anywhere": BOOL,
        "looks": BOOL,
        "matters": EXPRESSION,
        "stands": EXPRESSION,
        "hook": TEXT,
    },
}
REQUIRED = {
    "stream": ("name", "title", "start"),
    "alias": ("from", "to", "source"),
    "class": ("names", "source"),
    "flag": ("attribute", "flag", "source"),
    "environment": ("variable", "flag", "source"),
    "recipe": ("streams", "statement", "call", "source"),
    "testing": ("role", "source"),
    "call": ("names", "source"),
}
TOP_LEVEL = {"library": TEXT, "roots": NAMES}
NEEDS = {
    "seed": ("seeds", "makes"),
    "missing": ("seeds", "makes"),
    "passes": ("makes",),
    "process": ("runs", "draws"),
    "process_when": ("process",),
    "context": ("process",),
    "starts": ("runs",),
    "reseeds": ("base",),
    "base": ("reseeds",),
    "matters": ("draws",),
    "stands": ("draws",),
    "hook": ("draws",),
    "partly": ("overwrites",),
    "fills": ("runs",),
    "ends": ("names",),
    "fixed": ("package",),
    "off": ("package",),
}
"""A key that means something only beside one of others."""
SEEDS = ("seed", "random_state")
"""Keys whose value may be nought, which is a seed like any other."""

HEADER = re.compile(r"\s*\[\[\s*(?:[\w-]+\s*\.\s*)*([\w-]+)\s*\]\]")
NAME = re.compile(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)*")
STARRED_NAME = re.compile(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)*(\.?\*\w*(\.[A-Za-z_]\w*)*|\.\?)?|\*(\.[A-Za-z_]\w*)+")
_PAIRS = {SETS: ("flag", "value"), ATTRIBUTES: ("name", "type")}
"""What each of a list of pairs is called."""
FREE_NAMES = {
    *("self", "_", "each", "held", "matches", "args", "training", "options", "commands", "in_worker", "worker"),
    *dir(builtins),
}
FORBIDDEN = (ast.Lambda, ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp, ast.Await, ast.Yield)

Document = tuple[str, Mapping[str, Any], str]


class _Wrong(Exception):
    """What is wrong with a row."""


def check_tables(documents: Sequence[Document], streams: Sequence[str] = ()) -> None:
    """Check (path, data, text) of each table; `streams` are known beside those that the tables declare.

    Raises `TableError` for the first wrong row.
    """
    known = set(streams)
    for _, data, _ in documents:
        declared = data.get("stream", ())
        if isinstance(declared, list):
            known.update(str(row.get("name")) for row in declared if isinstance(row, dict))
    roots = {root for _, data, _ in documents for root in data.get("roots", ()) if isinstance(root, str)}
    for path, data, text in documents:
        _check_table(path, data, text, known, roots)


def _check_table(path: str, data: Mapping[str, Any], text: str, known: set[str], roots: set[str]) -> None:
    try:
        _check_top(data)
    except _Wrong as wrong:
        raise TableError(f"{path}:1: {wrong}") from None
    lines = _header_lines(text)
    for kind, fields in FIELDS.items():
        for number, row in enumerate(data.get(kind, ())):
            try:
                _check_row(kind, row, fields, known, roots)
            except _Wrong as wrong:
                places = lines.get(kind, [])
                line = places[number] if number < len(places) else 1
                raise TableError(f"{path}:{line}: {wrong}") from None


def _header_lines(text: str) -> dict[str, list[int]]:
    """The line of each `[[kind]]` header, by kind, in order."""
    lines: dict[str, list[int]] = {}
    for number, line in enumerate(text.splitlines(), 1):
        match = HEADER.match(line)
        if match:
            lines.setdefault(match[1], []).append(number)
    return lines


def _check_top(data: Mapping[str, Any]) -> None:
    for key, value in data.items():
        if key in FIELDS:
            if not isinstance(value, list) or not all(isinstance(row, dict) for row in value):
                raise _Wrong(f"`{key}` must be written [[{key}]]")
        elif key not in TOP_LEVEL:
            raise _Wrong(f"unknown key `{key}`")
        else:
            _check_kind(key, TOP_LEVEL[key], value)
    if "library" not in data:
        raise _Wrong("`library` is missing")


def _check_row(
    kind: str,
    row: Mapping[str, Any],
    fields: Mapping[str, str | tuple[str, ...]],
    known: set[str],
    roots: set[str],
) -> None:
    for key in row:
        if key not in fields:
            raise _Wrong(f"unknown key `{key}` in [[{kind}]]")
    for key in REQUIRED[kind]:
        if key not in row:
            raise _Wrong(f"`{key}` is missing in [[{kind}]]")
    for key, value in row.items():
        _check_kind(key, fields[key], value)
        if fields[key] == STREAMS:
            for stream in value:
                if stream not in known and stream != "self":
                    raise _Wrong(f"`{key}`: unknown stream `{stream}`")
    for key, others in NEEDS.items():
        if key in row and not any(other in row for other in others):
            raise _Wrong(f"`{key}` means nothing without `{'` or `'.join(others)}`")
    if "ends" in row and len(row["ends"]) != len(row["names"]):
        raise _Wrong("`ends` must name as many as `names`")
    for key in SEEDS:
        if key in row and isinstance(_expression(key, row[key]), ast.BoolOp):
            raise _Wrong(f"`{key}` takes a seed of 0 for none: write `a if a is not None else b`")
    if kind == "call":
        _check_names(row, FREE_NAMES | roots | _parameters(row.get("signature", "()")))


def _check_kind(key: str, kind: str | tuple[str, ...], value: object) -> None:
    if isinstance(kind, tuple):
        if value not in kind:
            raise _Wrong(f"`{key}` must be one of {', '.join(kind)}, not {value!r}")
    elif kind == BOOL:
        if not isinstance(value, bool):
            raise _Wrong(f"`{key}` must be true or false, not {value!r}")
    elif kind in (NAMES, STREAMS, EXPRESSIONS, STARRED):
        if not isinstance(value, list) or not all(isinstance(item, str) and item for item in value):
            raise _Wrong(f"`{key}` must be a list of strings, not {value!r}")
        if kind == STARRED and not value:
            raise _Wrong(f"`{key}` is empty")
        for item in value:
            if kind == STARRED and not STARRED_NAME.fullmatch(item):
                raise _Wrong(f"`{key}`: `{item}` is not a dotted name")
            if kind == EXPRESSIONS:
                _expression(key, item)
    elif kind in (SETS, ATTRIBUTES):
        _check_pairs(key, value, *_PAIRS[kind])
    elif not isinstance(value, str) or not value.strip():
        raise _Wrong(f"`{key}` must be a string that says something, not {value!r}")
    else:
        _check_text(key, kind, value)


def _check_text(key: str, kind: str, value: str) -> None:
    if kind == EXPRESSION:
        _expression(key, value)
    elif kind == SIGNATURE:
        _parameters(value)
    elif kind == DOTTED and not NAME.fullmatch(value):
        raise _Wrong(f"`{key}`: `{value}` is not a dotted name")
    elif kind == VERSION and not re.fullmatch(r"\d+(\.\d+)*", value):
        raise _Wrong(f"`{key}`: `{value}` is not a version such as 1.9")
    elif kind == STATEMENTS:
        try:
            ast.parse(value)
        except SyntaxError as error:
            raise _Wrong(f"`{key}` does not parse: {error.msg}: {value}") from None


def _check_pairs(key: str, value: object, first: str, second: str) -> None:
    if not isinstance(value, list) or not all(
        isinstance(item, dict) and set(item) == {first, second} for item in value
    ):
        raise _Wrong(f"`{key}` must be a list of {{ {first} = ..., {second} = ... }}, not {value!r}")
    for item in value:
        if not isinstance(item[first], str) or not isinstance(item[second], str):
            raise _Wrong(f"`{key}`: {first} and {second} must be strings, not {item!r}")
        _expression(key, item[second])


def _expression(key: str, text: str) -> ast.expr:
    try:
        return ast.parse(text.strip(), mode="eval").body
    except SyntaxError as error:
        raise _Wrong(f"`{key}` does not parse: {error.msg}: {text}") from None


def _parameters(signature: str) -> set[str]:
    """The names of the parameters of a signature."""
    try:
        (definition,) = ast.parse(f"def _{signature.strip()}: pass").body
    except (SyntaxError, ValueError):
        raise _Wrong(f"`signature` does not parse: {signature}") from None
    if not isinstance(definition, ast.FunctionDef) or not signature.strip().startswith("("):
        raise _Wrong(f"`signature` does not parse: {signature}")
    arguments = definition.args
    every = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]
    every.extend(argument for argument in (arguments.vararg, arguments.kwarg) if argument)
    return {argument.arg for argument in every}


def _check_names(row: Mapping[str, Any], allowed: set[str]) -> None:
    for key, text in _expressions(row):
        for node in ast.walk(_expression(key, text)):
            if isinstance(node, FORBIDDEN):
                raise _Wrong(f"`{key}` may not hold a lambda, loop or await: {text}")
            if isinstance(node, ast.Name) and node.id not in allowed:
                raise _Wrong(f"`{key}`: the signature has no parameter `{node.id}`")


def _expressions(row: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """The expressions of a row over its parameters, each with its key."""
    for key, kind in FIELDS["call"].items():
        if key not in row or key in ("example", "quiet"):
            continue
        if kind == EXPRESSION:
            yield key, row[key]
        elif kind == EXPRESSIONS:
            for text in row[key]:
                yield key, text
        elif kind == SETS:
            for item in row[key]:
                yield key, item["value"]
