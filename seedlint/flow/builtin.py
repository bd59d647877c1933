"""Python's own functions and containers."""

from __future__ import annotations

import builtins
import collections.abc
import functools
import math
import numbers
import re
from collections.abc import Callable
from typing import Any

from seedlint.flow import attribute, calls, containers, dynamic, iterate
from seedlint.flow.machine import Machine, Terminated
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
    Object,
    Option,
    Partial,
    Scope,
    Slice,
    Super,
    Through,
    Tuple,
    Value,
    View,
    alternatives,
    join,
)
from seedlint.index.summary import Position
from seedlint.sources.magics import RUN

_NAMES = frozenset(dir(builtins)) | {"__file__", RUN}
_TYPES = {
    f"{module}.{name}": cls
    for module, source in (("builtins", builtins), ("numbers", numbers), ("collections.abc", collections.abc))
    for name, cls in vars(source).items()
    if isinstance(cls, type)
}
_TYPES |= {name.replace("collections.abc", "typing"): cls for name, cls in _TYPES.items() if "collections.abc" in name}
_NEVER_DERIVED = frozenset({"builtins.str", "builtins.bytes", "builtins.int", "builtins.bool"})
"""Classes that no described class of a library derives from."""
_SEQUENCES = (list, tuple)
"""What stands for one of these may stand for the other: a slice of a list is kept as a tuple."""
_EXITS = frozenset({"builtins.exit", "builtins.quit", "sys.exit", "os._exit", "os.abort"})


def global_name(m: Machine, scope: Scope | None, name: str) -> Value:
    """A name that no scope binds: from a library's star import, or Python's own."""
    if scope is not None:
        for star in scope.external_stars:
            full = f"{star}.{name}"
            if m.knowledge.calls(full) or m.knowledge.class_(full) is not None:
                return External(full)
    if name in _NAMES:
        return External(f"builtins.{name}")
    if m.frame.at is not None and name in m.knowledge.roots:
        return External(name)
    if scope is not None and scope.external_stars and not name.startswith("_"):
        return External(f"{scope.external_stars[-1]}.{name}")
    return UNKNOWN


def field_default(m: Machine, value: Value | None, pos: Position) -> Value | None:
    """What a dataclass field holds when nothing is given."""
    if isinstance(value, ExternalObject):
        cell = m.heap[value.id]
        factory = cell.get("default_factory")
        if factory is not None and factory != NONE:
            before, m.frame.at = m.frame.at, m.places.get(value.id)
            made = calls.call(m, factory, calls.Arguments(), pos, "default_factory")
            m.frame.at = before
            return made
        return cell.get("default")
    return value


def call_builtin(m: Machine, name: str, args: calls.Arguments, pos: Position) -> Value | None:
    """A function that the engine itself knows; None if it does not."""
    if name in _EXITS:
        raise Terminated
    handler = _FUNCTIONS.get(name)
    if name not in _LAZY:
        iterate.consumed(m, args, pos)
    return handler(m, args, pos) if handler is not None else None


_LAZY = frozenset(
    {
        *(f"builtins.{name}" for name in ("enumerate", "filter", "iter", "map", "print", "zip", "sum", "any", "all")),
        *(f"builtins.{name}" for name in ("list", "tuple", "set", "sorted", "next", "max", "min", "frozenset")),
        *("itertools.chain", "itertools.cycle", "itertools.islice", "asyncio.run", "<each>", "<identity>"),
        *("builtins.dict", "collections.OrderedDict", "itertools.chain.from_iterable"),
    }
)
"""Functions that keep what they are given for later, or that iterate it themselves."""


def _first(args: calls.Arguments) -> Value:
    return args.positional[0] if args.positional else UNKNOWN


def apply_key(m: Machine, args: calls.Arguments, pos: Position) -> None:
    """Call the `key` function that sorting or comparing is given."""
    key = args.keywords.get("key", NONE)
    if key != NONE and args.positional:
        item = iterate.element(m, args.positional[0])
        calls.call(m, key, calls.Arguments([item]), pos, "key")


def _iterates(m: Machine, args: calls.Arguments, pos: Position) -> Value:
    """list, sorted and the like: iterate now, and give a list of the items."""
    if not args.positional:
        return containers.make_list(m, "list", [], True, pos)
    value = args.positional[0]
    items = iterate.taken_items(m, value, pos)
    apply_key(m, args, pos)
    if items is not None:
        return containers.make_list(m, "list", items, True, pos)
    return containers.make_list(m, "list", [iterate.iterate(m, value, pos)], False, pos)


def _consumes(m: Machine, args: calls.Arguments, pos: Position) -> Value:
    """sum, any and the like: iterate now, and give an item."""
    return iterate.iterate(m, _first(args), pos)


def _iter(m: Machine, args: calls.Arguments, pos: Position) -> Value:
    """What `__iter__` of the project gives, else an iterator that iterates later."""
    made = [iterate.iterator(m, part, pos) or Through((part,)) for part in alternatives(_first(args))]
    return functools.reduce(join, made)


def _next(m: Machine, args: calls.Arguments, pos: Position) -> Value:
    """The next item of what the project defines, else an item."""
    items = [iterate.following(m, part, pos) or iterate.iterate(m, part, pos) for part in alternatives(_first(args))]
    return functools.reduce(join, items)


def _number(convert: Callable[[Any], Any]) -> Callable[[Machine, calls.Arguments, Position], Value]:
    """A function that makes a number of one."""

    def call(m: Machine, args: calls.Arguments, pos: Position) -> Value:
        value = _first(args)
        if isinstance(value, (Entropy, Option)):
            return value
        if isinstance(value, Const):
            return _converted(convert, value.value)
        if isinstance(value, Alternatives):
            return next((part for part in value.values if isinstance(part, Entropy)), UNKNOWN)
        return UNKNOWN

    return call


def _converted(convert: Callable[[Any], Any], value: Any) -> Value:
    try:
        result = convert(value)
        return Const(result) if math.isfinite(result) else UNKNOWN
    except (TypeError, ValueError, OverflowError):
        return UNKNOWN


def _extreme(m: Machine, args: calls.Arguments, pos: Position) -> Value:
    apply_key(m, args, pos)
    for value in args.positional:
        if isinstance(value, Entropy):
            return value
    if len(args.positional) == 1:
        return iterate.iterate(m, args.positional[0], pos)
    return next((v for v in args.positional if isinstance(v, Option)), UNKNOWN)


def _getattr(m: Machine, args: calls.Arguments, pos: Position) -> Value:
    if len(args.positional) < 2:
        return UNKNOWN
    owner, name = args.positional[:2]
    if isinstance(name, Option):
        name = name.default
    if isinstance(name, Const) and isinstance(name.value, str):
        value = attribute.get_attribute(m, owner, name.value)
        if value is UNKNOWN and len(args.positional) > 2:
            default = args.positional[2]
            return default if isinstance(owner, (Object, ExternalObject)) else Option(default)
        return value
    if isinstance(name, Alternatives) and all(isinstance(part, Const) for part in name.values):
        each = [_getattr(m, calls.Arguments([owner, part, *args.positional[2:]]), pos) for part in name.values]
        return functools.reduce(join, each)
    out: Value = UNKNOWN
    for part in alternatives(owner):
        out = join(out, attribute.any_attribute(m, part))
    return out


def _hasattr(m: Machine, args: calls.Arguments, pos: Position) -> Value:
    owner, name = args.positional if len(args.positional) == 2 else (UNKNOWN, UNKNOWN)
    answer = attribute.has_attribute(m, owner, str(name.value)) if isinstance(name, Const) else None
    return UNKNOWN if answer is None else Const(answer)


def _setattr(m: Machine, args: calls.Arguments, pos: Position) -> Value:
    from seedlint.flow.execute import set_attribute

    if len(args.positional) == 3:
        owner, name, value = args.positional
        if isinstance(name, Const):
            set_attribute(m, owner, str(name.value), value, None)
        for part in alternatives(owner) if not isinstance(name, Const) else ():
            if isinstance(part, Object):
                m.store(part.id, containers.OTHERS, join(value, UNKNOWN))
    return UNKNOWN


def _held(m: Machine, args: calls.Arguments, pos: Position) -> Value:
    """The attributes of a project's object that are instances of a class, and those that may be."""
    owner, cls = args.positional
    if not isinstance(owner, Object):
        return UNKNOWN
    values = [part for value in m.heap[owner.id].values() for part in alternatives(value)]
    found = [part for part in values if _isinstance(m, calls.Arguments([part, cls]), pos) == Const(True)]
    unknown = [UNKNOWN] if UNKNOWN in values else []
    return containers.make_list(m, "list", [*dict.fromkeys(found), *unknown], not unknown, pos)


def _type(m: Machine, args: calls.Arguments, pos: Position) -> Value:
    value = _first(args)
    if isinstance(value, Object):
        return value.cls
    if isinstance(value, ExternalObject):
        return External(value.cls)
    return UNKNOWN


def _isinstance(m: Machine, args: calls.Arguments, pos: Position) -> Value:
    if len(args.positional) != 2:
        return UNKNOWN
    value, kinds = args.positional
    if isinstance(value, Option):
        usual = _isinstance(m, calls.Arguments([value.default, kinds]), pos)
        return Option(usual, value.name) if isinstance(usual, Const) else UNKNOWN
    wanted = kinds.items if isinstance(kinds, Tuple) else (kinds,)
    classes = _builtin_types(value)
    if classes and all(_is_told(m, k) for k in wanted):
        asked_for = tuple(_TYPES[k.name] for k in wanted if isinstance(k, External) and k.name in _TYPES)
        answers = {issubclass(cls, asked_for) for cls in classes}
        return Const(answers.pop()) if len(answers) == 1 else UNKNOWN
    if _is_class(m, value) and all(isinstance(k, Class) or _of_library(m, k) for k in wanted):
        return Const(False)
    if isinstance(value, ExternalObject) and m.knowledge.class_(value.cls):
        wanted = tuple(k for k in wanted if not (isinstance(k, External) and k.name in _NEVER_DERIVED))
        if not wanted:
            return Const(False)
    if isinstance(value, ExternalObject):
        names = m.knowledge.bases(value.cls)
        asked = [m.knowledge.canonical(k.name) for k in wanted if isinstance(k, External)]
        if len(asked) == len(wanted) and all(m.knowledge.class_(name) or name in names for name in asked):
            return Const(any(name in names for name in asked)) if m.knowledge.class_(value.cls) else UNKNOWN
    if isinstance(value, Object):
        names = tuple(name for item in value.cls.mro if isinstance(item, str) for name in m.knowledge.bases(item))
        kinds_of = [
            k if isinstance(k, Class) else m.knowledge.canonical(k.name) if isinstance(k, External) else None
            for k in wanted
        ]
        if all(k is not None for k in kinds_of):
            return Const(any(k in value.cls.mro or k in names for k in kinds_of))
    return UNKNOWN


def _is_told(m: Machine, kind: Value) -> bool:
    """Whether it is known if Python's own values are instances of a class."""
    return isinstance(kind, External) and (kind.name in _TYPES or _of_library(m, kind))


def _is_class(m: Machine, value: Value) -> bool:
    """Whether a value is something that makes instances, and none itself."""
    return isinstance(value, (Class, Partial)) or _of_library(m, value)


def _of_library(m: Machine, value: Value) -> bool:
    """Whether a value is a described class, and none of those that stand for Python's own containers."""
    if not isinstance(value, External) or value.name.startswith("collections."):
        return False
    return m.knowledge.class_(m.knowledge.canonical(value.name)) is not None


def _builtin_types(value: Value) -> tuple[type, ...]:
    """The classes of Python's own of which a value is one's instance; none where it may be of another."""
    if isinstance(value, Const):
        return (type(value.value),)
    if isinstance(value, (Slice, Class)):
        return (slice,) if isinstance(value, Slice) else (type,)
    if isinstance(value, Tuple):
        return _SEQUENCES
    if isinstance(value, Container):
        return (dict,) if value.kind == "dict" else (set, frozenset) if value.kind == "set" else _SEQUENCES
    return ()


def _partial(m: Machine, args: calls.Arguments, pos: Position) -> Value:
    if not args.positional:
        return UNKNOWN
    return Partial(
        args.positional[0], tuple(args.positional[1:]), tuple(sorted(args.keywords.items(), key=lambda k: k[0]))
    )


def _identity_decorator(m: Machine, args: calls.Arguments, pos: Position) -> Value:
    return External("<identity>")


def _super(m: Machine, args: calls.Arguments, pos: Position) -> Value:
    if len(args.positional) == 2 and isinstance(args.positional[0], Class):
        return Super(args.positional[0], args.positional[1])
    return UNKNOWN


def _dict_call(m: Machine, args: calls.Arguments, pos: Position) -> Container:
    out = containers.make_dict(m, pos)
    for value in args.positional:
        containers.update(m, out, value)
    for key, value in args.keywords.items():
        containers.set_item(m, out, Const(key), value, fresh=True)
    if args.more_keywords:
        m.heap[out.id].setdefault(containers.OTHERS, UNKNOWN)
    return out


def _default_dict(m: Machine, args: calls.Arguments, pos: Position) -> Value:
    out = _dict_call(m, calls.Arguments(args.positional[1:], args.keywords), pos)
    if args.positional and args.positional[0] != NONE:
        m.store(out.id, containers.FACTORY, args.positional[0])
    return out


def _record_class(m: Machine, args: calls.Arguments, pos: Position) -> Value:
    """`namedtuple(name, fields)`, where the fields are known."""
    fields = (*args.positional, UNKNOWN, UNKNOWN)[1]
    names = iterate.known_items(m, fields)
    if isinstance(fields, Const) and isinstance(fields.value, str):
        names = [Const(name) for name in fields.value.replace(",", " ").split()]
    return UNKNOWN if names is None else Partial(External("<record>"), (Tuple(tuple(names)),), ())


def _record(m: Machine, args: calls.Arguments, pos: Position) -> Value:
    """An instance of a class that `namedtuple` gave."""
    fields, *values = args.positional
    names = [str(name.value) for name in iterate.known_items(m, fields) or () if isinstance(name, Const)]
    given = {**dict(zip(names, values, strict=False)), **args.keywords}
    made = ExternalObject(containers.RECORD, m.allocate(pos, containers.RECORD, given.values()))
    for name in names:
        m.store(made.id, name, given.get(name, UNKNOWN))
    return made


def _environment(m: Machine, args: calls.Arguments, pos: Position) -> Value:
    if len(args.positional) > 1:
        return Option(args.positional[1], "an environment variable")
    return Option(NONE, "an environment variable")


def _field(m: Machine, args: calls.Arguments, pos: Position) -> Value:
    """`dataclasses.field(default=..., default_factory=...)`."""
    number = m.allocate(pos, "field")
    m.places.setdefault(number, m.here(pos))
    for key in ("default", "default_factory"):
        if key in args.keywords:
            m.heap[number][key] = args.keywords[key]
    return ExternalObject("dataclasses.Field", number)


def _map(m: Machine, args: calls.Arguments, pos: Position) -> Value:
    return Through(tuple(args.positional[1:]), _first(args), "map")


def _filter(m: Machine, args: calls.Arguments, pos: Position) -> Value:
    test = _first(args)
    return Through(tuple(args.positional[1:]), None if test == NONE else test, "filter")


def _vars(m: Machine, args: calls.Arguments, pos: Position) -> Value:
    if not args.positional:
        from seedlint.flow.values import Module

        return View(Module(m.frame.scope.module))
    return View(args.positional[0])


def _through(kind: str) -> Callable[[Machine, calls.Arguments, Position], Value]:
    return lambda m, args, pos: Through(tuple(args.positional), None, kind)


def _replace(m: Machine, args: calls.Arguments, pos: Position) -> Value:
    return _first(args)


_FUNCTIONS: dict[str, Callable[[Machine, calls.Arguments, Position], Value]] = {
    **dict.fromkeys(
        [
            "builtins.list",
            "builtins.set",
            "builtins.sorted",
            "builtins.frozenset",
            "builtins.tuple",
            "collections.deque",
        ],
        _iterates,
    ),
    **dict.fromkeys(["builtins.sum", "builtins.any", "builtins.all"], _consumes),
    **{f"builtins.{convert.__name__}": _number(convert) for convert in (int, float, abs, round, bool)},
    "builtins.str": lambda m, args, pos: _first(args) if isinstance(_first(args), (Entropy, Const)) else UNKNOWN,
    "builtins.min": _extreme,
    "builtins.max": _extreme,
    "builtins.enumerate": _through("enumerate"),
    "builtins.zip": _through("zip"),
    "builtins.iter": _iter,
    "builtins.next": _next,
    "builtins.reversed": _through("item"),
    "itertools.chain": _through("chain"),
    "itertools.chain.from_iterable": _through("flat"),
    "itertools.islice": _through("item"),
    "itertools.cycle": _through("item"),
    "builtins.map": _map,
    "builtins.filter": _filter,
    "builtins.getattr": _getattr,
    "builtins.hasattr": _hasattr,
    "builtins.setattr": _setattr,
    "builtins.type": _type,
    "builtins.isinstance": _isinstance,
    "builtins.super": _super,
    "builtins.dict": _dict_call,
    "collections.OrderedDict": _dict_call,
    "collections.defaultdict": _default_dict,
    "collections.namedtuple": _record_class,
    "<record>": _record,
    "builtins.vars": _vars,
    "builtins.globals": lambda m, args, pos: _vars(m, calls.Arguments(), pos),
    "builtins.locals": lambda m, args, pos: UNKNOWN,
    "functools.partial": _partial,
    "functools.wraps": _identity_decorator,
    "functools.lru_cache": lambda m, args, pos: (
        _first(args) if args.positional and not isinstance(_first(args), Const) else External("<identity>")
    ),
    "functools.cache": _replace,
    "<identity>": _replace,
    "<each>": _consumes,
    "<held>": _held,
    "copy.copy": _replace,
    "copy.deepcopy": _replace,
    "typing.cast": lambda m, args, pos: args.positional[1] if len(args.positional) > 1 else UNKNOWN,
    "os.environ.get": _environment,
    "os.getenv": _environment,
    "dataclasses.field": _field,
    "dataclasses.dataclass": lambda m, args, pos: _first(args) if args.positional else External("<identity>"),
    "asyncio.run": lambda m, args, pos: iterate.awaited(m, _first(args)),
    "types.SimpleNamespace": lambda m, args, pos: _dict_call(m, args, pos),
    "builtins.print": lambda m, args, pos: NONE,
    "builtins.len": lambda m, args, pos: _length(m, _first(args)),
    "builtins.hash": lambda m, args, pos: _hash(_first(args)),
    f"builtins.{RUN}": lambda m, args, pos: dynamic.run_script_by_path(m, args, pos),
    "<matches>": lambda m, args, pos: _matches(args),
    "importlib.import_module": lambda m, args, pos: dynamic.import_by_name(m, args, pos),
    "builtins.__import__": lambda m, args, pos: dynamic.import_by_name(m, args, pos),
    "builtins.eval": lambda m, args, pos: dynamic.evaluate_text(m, args, pos),
    "builtins.range": lambda m, args, pos: UNKNOWN,
}


def _hash(value: Value) -> Value:
    """The hash of text changes from process to process; that of a number does not."""
    value = value.default if isinstance(value, Option) else value
    if isinstance(value, Const) and not isinstance(value.value, str):
        return value
    return Entropy("hash") if isinstance(value, (Const, Tuple, Function, Class)) else UNKNOWN


def _matches(args: calls.Arguments) -> Value:
    """Whether a pattern is found in a known text."""
    pattern, text = (*args.positional, UNKNOWN, UNKNOWN)[:2]
    if isinstance(text, Option):
        found = _matches(calls.Arguments([pattern, text.default]))
        return found if found is UNKNOWN else Option(found, text.name)
    if not (isinstance(pattern, Const) and isinstance(text, Const)):
        return UNKNOWN
    try:
        return NONE if re.search(pattern.value, text.value) is None else Const(True)
    except (TypeError, re.error, RecursionError):
        return UNKNOWN


def _length(m: Machine, value: Value) -> Value:
    items = iterate.known_items(m, value)
    return Const(len(items)) if items is not None and isinstance(value, Tuple) else UNKNOWN
