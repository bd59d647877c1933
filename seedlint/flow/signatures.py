"""The texts of API tables as expressions, and their signatures given the arguments of a call."""

from __future__ import annotations

import ast
from functools import lru_cache
from typing import Any

from seedlint.flow import (
    calls,
    containers,
    evaluate,
)
from seedlint.flow.lexicon import mentions
from seedlint.flow.machine import Frame, Machine, literals
from seedlint.flow.mode import IN_WORKER, PROCESS, TRAINING, TRAINS
from seedlint.flow.state import Spot
from seedlint.flow.values import (
    NONE,
    UNKNOWN,
    Alternatives,
    Const,
    Container,
    External,
    Option,
    Scope,
    Tuple,
    Value,
)
from seedlint.index.lower import Lowering
from seedlint.index.summary import Expression
from seedlint.knowledge.schema import CallRow

NAMES = ("_", "training", "options", "commands", "each", "held", "matches", "in_worker", "worker", "self")
"""Names in a row's expressions that are not the call's arguments."""
_FALSE = Const(False)
_HELPERS = ("options", "commands", "each", "held", "matches")
_ALWAYS: dict[str, Value] = {
    "_": UNKNOWN,
    "worker": Alternatives((Const(0), Const(1))),
    **{name: External(f"<{name}>") for name in _HELPERS},
}
"""What every row's expressions may name."""


@lru_cache(maxsize=4096)
def parsed(text: str) -> Expression:
    """A table's expression, lowered."""
    return Lowering().expression(ast.parse(text, mode="eval").body)


@lru_cache(maxsize=4096)
def asks_for(text: str) -> frozenset[int]:
    """The parts of the mode that a table's expression names."""
    names = {chain[0] for chain in mentions(parsed(text)).chains}
    return frozenset(part for name, part in (("training", TRAINS), ("in_worker", PROCESS)) if name in names)


@lru_cache(maxsize=4096)
def parsed_signature(text: str) -> tuple[tuple[Any, ...], ...]:
    """A table's signature, lowered."""
    definition = ast.parse(f"def f{text}: pass").body[0]
    assert isinstance(definition, ast.FunctionDef)
    return Lowering().parameters(definition.args)


def named_parameters(row: CallRow) -> list[str]:
    """The parameters of a row's signature that take one argument each."""
    parameters = parsed_signature(row.signature) if row.signature is not None else ()
    return [name for name, kind, *_ in parameters if kind not in ("args", "kwargs") and name != "self"]


def bind_signature(
    m: Machine, row: CallRow, args: calls.Arguments, receiver: Value | None, spot: Spot
) -> dict[str, Value]:
    """The row's parameters with the arguments of the call at `spot`."""
    out = {**_ALWAYS, "args": Tuple(tuple(args.positional)), "training": m.flag_of(TRAINING, receiver)}
    out["in_worker"] = m.flags.get(IN_WORKER, _FALSE)
    if receiver is not None:
        out["self"] = receiver
    if row.signature is None:
        return out
    positional, keywords = list(args.positional), dict(args.keywords)
    for name, kind, default, _, given in parsed_signature(row.signature):
        fallback = _default(m, default, out, spot) if given else UNKNOWN
        if name == "self":
            continue
        if kind == "args":
            out[name] = UNKNOWN if args.more and not positional else Tuple(tuple(positional))
            positional = []
        elif kind == "kwargs":
            number = m.identity("row kwargs", row.names[0], tuple(sorted(keywords.items(), key=lambda k: k[0])))
            for key, value in keywords.items():
                m.heap[number][Const(key)] = value
            out[name] = Container("dict", number)
        elif positional and kind != "keyword":
            out[name] = positional.pop(0)
            keywords.pop(name, None)
        elif name in keywords:
            out[name] = containers.present(keywords.pop(name), fallback)
        elif args.more_keywords or (args.more and kind != "keyword"):
            out[name] = Option(fallback) if isinstance(fallback, Const) else UNKNOWN
        else:
            out[name] = fallback if given else NONE
    return out


def _default(m: Machine, default: Expression, known: dict[str, Value], spot: Spot) -> Value:
    """A parameter's default, which may be computed from the parameters before it."""
    if default is None or default[0] == "const":
        return evaluate.evaluate(m, default)
    outer = m.frame
    frame = Frame(Scope(outer.scope.module), outer.activation)
    frame.scope.variables = known
    frame.at, frame.context, frame.way = spot, outer.context, outer.way
    given = known["args"]
    frame.literals = (*outer.literals, *literals(given.items if isinstance(given, Tuple) else ()))
    with m.within(frame):
        return evaluate.evaluate(m, default)
