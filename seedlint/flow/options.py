"""Options that a run may be given, and what they are when it is not."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from seedlint.flow import attribute, calls, containers, iterate, settings
from seedlint.flow.activation import Event
from seedlint.flow.heap import WITH_CELLS
from seedlint.flow.lexicon import mentions
from seedlint.flow.machine import Machine
from seedlint.flow.state import FRESH, Spot
from seedlint.flow.values import (
    NONE,
    UNKNOWN,
    Alternatives,
    Class,
    Const,
    Container,
    Entropy,
    External,
    ExternalObject,
    Function,
    Method,
    Object,
    Option,
    Partial,
    Tuple,
    Value,
    View,
    alternatives,
    join,
    plain,
)
from seedlint.index.summary import Block, Position

PARSER = "argparse.ArgumentParser"
NAMESPACE = "argparse.Namespace"
DECORATOR = "click.option"
FIRST = "<first>"
"""Stands for the first parameter of a decorated function."""
_PARSER_METHODS = frozenset(
    {
        "add_argument",
        "add_argument_group",
        "add_mutually_exclusive_group",
        "add_parser",
        "add_subparsers",
        "parse_args",
        "parse_intermixed_args",
        "parse_known_args",
        "set_defaults",
    }
)
_FLAG_DEFINITIONS = "absl.flags.DEFINE_"
_FLAG_VALUES = "absl.flags.FLAGS"
_NAMES_A_SEED = re.compile(r"-*(.*[-_.])?(seed|random[-_]?state)")
_DEEPEST_LOOK = 3
"""Objects within objects that are searched for options."""


def declares(block: Block) -> bool:
    """Whether a block may add options to a parser."""
    return "add_argument" in mentions(block).attributes


def knows(cls: str, name: str) -> bool:
    """Whether a library class's method declares or reads options."""
    return cls == PARSER and name in _PARSER_METHODS


def call(m: Machine, name: str, args: calls.Arguments, pos: Position) -> Value | None:
    """A function that declares options; None if it does not."""
    if name == PARSER:
        parser = ExternalObject(PARSER, m.allocate(pos, PARSER))
        for parent in iterate.known_items(m, args.keywords.get("parents", UNKNOWN)) or ():
            if isinstance(parent, ExternalObject):
                m.heap[parser.id].update(m.heap[parent.id])
        return parser
    if name == NAMESPACE:
        space = ExternalObject("types.SimpleNamespace", m.allocate(pos, NAMESPACE))
        for key, value in args.keywords.items():
            m.store(space.id, key, value)
        return space
    if name.startswith(_FLAG_DEFINITIONS) and len(args.positional) + len(args.keywords) > 1:
        return _define_flag(m, args, pos)
    if name == "click.option":
        return _click_option(m, args, pos)
    if name == "hydra.main":
        decorator = ExternalObject(DECORATOR, m.allocate(pos, DECORATOR))
        m.heap[decorator.id][FIRST] = settings.hydra_configuration(m, args)
        return decorator
    if name == "<options>":
        given = args.positional[0] if args.positional else UNKNOWN
        if isinstance(given, (Class, External)):
            given = calls.call(m, given, calls.Arguments(), pos, name)
        return as_options(m, given)
    if name == "<commands>":
        return _commands(m, args.positional[0] if args.positional else NONE, pos)
    return None


def _commands(m: Machine, value: Value, pos: Position) -> Value:
    """What a command line can name on an object: a dictionary's items, public methods, a module's functions."""
    found: list[Value] = []
    for part in alternatives(value):
        if isinstance(part, Class):
            part = calls.call(m, part, calls.Arguments(), pos, part.name)
        if isinstance(part, Object):
            names = {name: None for cls in part.cls.mro if isinstance(cls, Class) for name in cls.attributes}
            public = (attribute.get_attribute(m, part, name) for name in names if not name.startswith("_"))
            found += [item for item in public if isinstance(item, Method)]
        elif isinstance(part, Container) and part.kind == "dict":
            found += alternatives(containers.any_item(m, part))
        elif part == NONE:
            scope = m.scopes.get(m.frame.scope.module)
            found += [item for item in scope.variables.values() if isinstance(item, Function)] if scope else []
    return Alternatives(found) if len(found) > 1 else found[0] if found else UNKNOWN


def _define_flag(m: Machine, args: calls.Arguments, pos: Position) -> Value:
    flag = args.positional[0] if args.positional else args.keywords.get("name", UNKNOWN)
    default = args.positional[1] if len(args.positional) > 1 else args.keywords.get("default", NONE)
    value = Option(default, f"--{flag.value}" if isinstance(flag, Const) else "")
    if isinstance(flag, Const):
        m.clock.now += 1
        m.declared[str(flag.value)] = value
        _declare(m, value, pos)
    holder = ExternalObject("absl.flags.FlagHolder", m.identity("flag", flag))
    m.heap[holder.id]["value"] = value
    return holder


def _click_option(m: Machine, args: calls.Arguments, pos: Position) -> Value:
    """`@click.option("--seed", default=...)`: a decorator that gives the function's parameter a default."""
    names = [str(a.value) for a in args.positional if isinstance(a, Const)]
    plain = next((name for name in names if not name.startswith("-")), "")
    long = next((name for name in names if name.startswith("--")), names[0] if names else "")
    words = dict(args.keywords)
    if words.get("is_flag") == Const(True):
        words.setdefault("default", Const(False))
    decorator = ExternalObject(DECORATOR, m.allocate(pos, DECORATOR))
    key = plain or long.split("/")[0].lstrip("-").replace("-", "_")
    m.heap[decorator.id][key] = value = _declared(long, words)
    _declare(m, value, pos)
    return decorator


def decorate(m: Machine, decorator: ExternalObject, value: Value) -> None:
    """Give a decorated function's parameters the defaults that the decorator declares."""
    if isinstance(value, Function):
        names = [name for name, *_ in value.record[2]]
        for key, item in m.heap[decorator.id].items():
            if key != FIRST:
                value.defaults[str(key)] = item
            elif names and item is not UNKNOWN:
                value.defaults[names[0]] = item


def declared_flag(m: Machine, owner: str, name: str) -> Value | None:
    """`FLAGS.name`, for a flag that was declared."""
    return m.declared.get(name) if owner == _FLAG_VALUES else None


def call_method(m: Machine, owner: ExternalObject, name: str, args: calls.Arguments, pos: Position) -> Value:
    """A method of an argument parser."""
    cell = m.heap[owner.id]
    if name == "add_argument":
        _add_argument(m, owner, args, pos)
        return UNKNOWN
    if name == "set_defaults":
        for key, value in args.keywords.items():
            old = cell.get("--" + key)
            if isinstance(value, (Const, Option)):
                cell["--" + key] = Option(plain(value), f"--{key}")
            else:  # what the command line chooses among, such as the functions of several commands
                cell["--" + key] = value if old is None or isinstance(old, Option) else join(old, value)
        return UNKNOWN
    if name.startswith("parse"):
        space = ExternalObject(NAMESPACE, m.identity("namespace", owner.id))
        m.heap[space.id]["<parser>"] = owner
        return Tuple((space, UNKNOWN)) if name == "parse_known_args" else space
    return owner


def _add_argument(m: Machine, owner: ExternalObject, args: calls.Arguments, pos: Position) -> None:
    names = [str(a.value) for a in args.positional if isinstance(a, Const) and isinstance(a.value, str)]
    if not names:
        return
    words = args.keywords
    long = next((name for name in names if name.startswith("--")), names[0])
    dest = words.get("dest")
    key = str(dest.value) if isinstance(dest, Const) else long.lstrip("-").replace("-", "_")
    m.heap[owner.id]["--" + key] = value = _declared(long, words)
    _declare(m, value, pos)


def _declared(name: str, words: dict[str, Value]) -> Value:
    default: Value
    action = words.get("action")
    required = words.get("required")
    if "default" in words and required == Const(True):
        default = UNKNOWN  # every run says another
    elif "default" in words:
        default = words["default"]
    elif isinstance(action, Const) and action.value in ("store_true", "store_false"):
        default = Const(action.value == "store_false")
    elif not name.startswith("-") or required == Const(True):
        return UNKNOWN
    else:
        default = NONE
    if isinstance(default, Option):
        default = default.default
    return Option(default, name if name.startswith("-") else "")


def _declare(m: Machine, value: Value, pos: Position) -> None:
    """Record that a run may be given a seed."""
    if isinstance(value, Option) and _is_seed(value):
        m.clock.now += 1
        m.seed_options.add(value.name)
        m.record(Event("option", m.here(pos), value.name, "", FRESH))


def _is_seed(value: Option) -> bool:
    number = not (isinstance(value.default, Const) and isinstance(value.default.value, bool))
    return number and names_a_seed(value.name)


def names_a_seed(name: str) -> bool:
    """Whether an option or a parameter is called a seed."""
    return _NAMES_A_SEED.fullmatch(name) is not None


def note(m: Machine, values: Iterable[Value]) -> None:
    """Record that seeds which the run may be given go where they seed something, or where nobody can look."""
    if not m.seed_options:
        return
    for name in sorted(_seeds_in(m, values)):
        m.record(Event("use", Spot(m.frame.scope.module, m.line_of(None)), name, "", FRESH))


def _seeds_in(m: Machine, values: Iterable[Value]) -> set[str]:
    """The seeds that values are or hold, objects within each other up to a depth."""
    found: set[str] = set()
    seen: set[int] = set()
    level: list[Any] = list(values)
    for _ in range(_DEEPEST_LOOK + 1):
        held: list[Any] = []
        for part in level:
            kind = type(part)
            if kind is Option:
                if part.name in m.seed_options:
                    found.add(part.name)
            elif kind in WITH_CELLS:
                if part.id not in seen:
                    seen.add(part.id)
                    held += _held(m, part)
            elif kind is Alternatives:
                level += part.values
            elif kind is Tuple:
                held += part.items
            elif kind is Partial:
                held += (*part.args, *(item for _, item in part.keywords))
            elif kind is View:
                held.append(part.value)
        level = held
    return found


def _held(m: Machine, holder: Container | Object | ExternalObject) -> Iterable[Value]:
    if isinstance(holder, ExternalObject) and holder.cls == NAMESPACE:
        return declared_options(m, holder).values()
    return m.heap[holder.id].values()


def namespace_attribute(m: Machine, owner: ExternalObject, name: str) -> Value | None:
    """An attribute of parsed arguments, through the parser that declared them."""
    if owner.cls != NAMESPACE:
        return None
    parser = m.heap[owner.id].get("<parser>")
    if isinstance(parser, ExternalObject):
        return m.heap[parser.id].get("--" + name)
    return None


def declared_options(m: Machine, owner: ExternalObject) -> dict[str, Value]:
    """All options of parsed arguments, by attribute."""
    parser = m.heap[owner.id].get("<parser>")
    cell = m.heap[parser.id] if isinstance(parser, ExternalObject) else {}
    found = {str(key)[2:]: item for key, item in cell.items() if str(key).startswith("--")}
    found.update({key: item for key, item in m.heap[owner.id].items() if isinstance(key, str)})
    found.pop("<parser>", None)
    return found


def as_options(m: Machine, value: Value) -> Value:
    """The same configuration object or function, its literal defaults now options that a run may replace."""
    for part in alternatives(value):
        if isinstance(part, Function):
            for name, item in part.defaults.items():
                if isinstance(item, (Const, Entropy)):
                    part.defaults[name] = Option(item, f"--{name}")
        if isinstance(part, (Object, ExternalObject)):
            cell = m.heap[part.id]
            for key, item in list(cell.items()):
                if isinstance(key, str) and not key.startswith("<") and isinstance(item, (Const, Entropy)):
                    cell[key] = Option(item, f"--{key}")
    return value
