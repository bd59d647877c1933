"""Code, modules and scripts that a program names by texts."""

from __future__ import annotations

import ast

from seedlint.flow import calls, evaluate, imports
from seedlint.flow.machine import Frame, Machine
from seedlint.flow.values import UNKNOWN, Const, Module, Text, Value, plain
from seedlint.index.lower import Lowering
from seedlint.index.summary import Position


def import_by_name(m: Machine, args: calls.Arguments, pos: Position) -> Value:
    """`importlib.import_module(name)`, and `__import__(name)`, of which a caller mostly wants the module itself."""
    name = _text(args)
    if isinstance(name, Text):
        return imports.import_any(m, name.begin, name.end, pos)
    if isinstance(name, Const) and isinstance(name.value, str) and name.value.strip("."):
        dotted = name.value.lstrip(".")
        return imports.import_module(m, len(name.value) - len(dotted), dotted, pos)
    return UNKNOWN


def loaded_module(m: Machine, key: Value) -> Value:
    """`sys.modules[key]`: a module of the project that has been imported, or the one that runs."""
    name = key.value if isinstance(key, Const) else None
    if name == "__main__":
        return Module(m.main)
    return Module(name) if isinstance(name, str) and name in m.scopes else UNKNOWN


def evaluate_text(m: Machine, args: calls.Arguments, pos: Position) -> Value:
    """`eval(text)` of a text that is known: what it does stands where it is called."""
    text = _text(args)
    if not (isinstance(text, Const) and isinstance(text.value, str)):
        return UNKNOWN
    try:
        expression = Lowering().expression(ast.parse(text.value.strip(), mode="eval").body)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return UNKNOWN
    frame = Frame(m.frame.scope, m.frame.activation, m.frame.function, m.frame.block)
    frame.at, frame.context, frame.literals, frame.way = m.here(pos), m.frame.context, m.frame.literals, m.frame.way
    with m.within(frame):
        return evaluate.evaluate(m, expression)


def run_script_by_path(m: Machine, args: calls.Arguments, pos: Position) -> Value:
    """What `%run` becomes: a script, and the name that it is run as."""
    names = [str(arg.value) for arg in args.positional if isinstance(arg, Const)]
    if len(names) == 2:
        imports.run_script(m, names[0], names[1], pos)
    return Const(None)


def _text(args: calls.Arguments) -> Value:
    given = args.positional[0] if args.positional else args.keywords.get("name", UNKNOWN)
    return plain(given)
