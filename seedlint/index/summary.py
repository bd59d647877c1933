"""What one file says, without any verdict: a compact tree that `marshal` can store.

Expressions are tuples whose first item names their kind, or None where nothing of interest stands:

    ("const", value)                  None, bool, int, float, str
    ("name", id)
    ("attr", base, name)
    ("call", function, args, keywords, pos)      keywords: ((name or None for `**`, value), ...)
    ("index", base, key, pos)
    ("seq", kind, items, pos)         kind: "list", "tuple", "set"
    ("dict", ((key or None for `**`, value), ...), pos)
    ("or", values) ("and", values) ("not", value)
    ("cmp", operator, left, right)    one comparison; longer chains are ("and", ...)
    ("choice", test, yes, no)         a conditional expression
    ("op", operator, operands)        arithmetic, f-strings ("fmt"; "format": a value with a format)
    ("slice", (lower, upper, step))   one that is left out is ("const", None)
    ("comp", kind, items, clauses)    clauses: ((target, iterable, conditions, pos), ...)
    ("gen", iterable, function)       a generator expression; the function is given its first iterable
    ("lambda", function)  ("star", value)  ("walrus", name, value)
    ("await", value)  ("yield", value)  ("yieldfrom", value, pos)

Statements are tuples `(kind, line, ...)`:

    ("expr", line, value)  ("assert", line, test)
    ("assign", line, targets, value)             targets are expressions
    ("annotate", line, name, annotation, value)
    ("augment", line, target, operator, value)
    ("if", line, test, body, orelse)
    ("while", line, test, body, orelse)
    ("for", line, target, iterable, body, orelse, pos)
    ("try", line, body, handlers, orelse, final) handlers: ((types, name, body), ...)
    ("with", line, items, body)                  items: ((context, target, pos), ...)
    ("match", line, subject, cases)              cases: ((names, value, guard, body), ...)
    ("return", line, value) ("raise", line, value) ("break", line) ("continue", line)
    ("import", line, ((module, alias), ...))
    ("from", line, level, module, ((name, alias), ...))
    ("def", line, function)  ("class", line, class)

    function: (name, pos, parameters, body, decorators, flags, outer)
        flags: of "generator", "async"; outer: names declared global, or nonlocal with a leading `^`
    parameter: (name, kind, default, annotation, "given" if it has a default)
        kind: "plain", "positional" (only), "args", "keyword" (only) or "kwargs"
    class: (name, pos, bases, keywords, decorators, body)

A position is `(line, column, end_line, end_column)` as `ast` gives it: columns count UTF-8 bytes.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from seedlint.sources.source import Problem

FORMAT = 8
"""Changes whenever the shape of a Summary does; older cached summaries are then ignored."""

GENERATOR_EXPRESSION = "<genexpr>"
GENERATOR_ARGUMENT = ".0"
"""The name and the parameter of the function that a generator expression becomes."""

Expression = tuple[Any, ...] | None
Statement = tuple[Any, ...]
Position = tuple[int, int, int, int]
Block = tuple[Statement, ...]


@dataclass(frozen=True, slots=True)
class Summary:
    """One file: its top level, the modules it names in imports, and how it may start a run."""

    body: Block
    imports: tuple[tuple[int, str], ...]
    """(level, dotted name) of each import anywhere in the file; names of `from` imports included."""
    main: bool
    """Has an `if __name__ == "__main__"` block."""
    tests: frozenset[str]
    """Names that look like tests: functions `test_*`, and classes whose base is named `TestCase`."""
    problems: tuple[Problem, ...] = ()
    """The cells of a notebook that cannot be parsed; such a Summary is not kept."""
