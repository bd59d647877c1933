"""Applies the rows of API tables: what a library's callables do to streams, and what they give back."""

from __future__ import annotations

from collections.abc import Sequence

from seedlint.flow import (
    builtin,
    calls,
    containers,
    contexts,
    definitions,
    effects,
    iterate,
    options,
    settings,
)
from seedlint.flow.machine import Machine
from seedlint.flow.values import (
    UNKNOWN,
    Class,
    Const,
    Entropy,
    ExternalMethod,
    ExternalObject,
    Lazy,
    Object,
    Through,
    Value,
    alternatives,
)
from seedlint.index.summary import Position


def call_external(m: Machine, name: str, args: calls.Arguments, pos: Position, text: str, decorating: bool) -> Value:
    """Call a library's function or class."""
    spelled, name = name, m.knowledge.canonical(name)
    if name == "os.environ.setdefault" and len(args.positional) == 2 and isinstance(args.positional[0], Const):
        contexts.set_environment(m, "os.environ", args.positional[0].value, args.positional[1], pos)
    known = builtin.call_builtin(m, name, args, pos)
    if known is None:
        known = options.call(m, name, args, pos)
    if known is None:
        known = settings.call(m, name, args, pos)
    if known is not None:
        return known
    rows = m.knowledge.calls(spelled)
    if not rows and spelled.endswith(".?"):
        rows = m.knowledge.family(spelled[:-2])
    if not rows:
        if spelled.endswith(".__init__") and args.positional:
            return _explicit_base(m, spelled.removesuffix(".__init__"), args, pos, text)
        if m.knowledge.class_(name) is not None:
            return effects.instance_of(m, name, {}, args, pos, (*args.positional, *args.keywords.values()))
        return call_unknown(m, args, decorating)
    result = effects.apply(m, rows, name, args, pos, text, None)
    if decorating and result is UNKNOWN and args.positional:
        return args.positional[0]
    return result


def _explicit_base(m: Machine, base: str, args: calls.Arguments, pos: Position, text: str) -> Value:
    """`Base.__init__(self, …)`."""
    rest = calls.Arguments(args.positional[1:], args.keywords)
    rest.more, rest.more_keywords = args.more, args.more_keywords
    for instance in alternatives(args.positional[0]):
        if isinstance(instance, Object):
            construct_base(m, instance, [base], rest, pos, text)
    return UNKNOWN


def call_unknown(m: Machine, args: calls.Arguments, decorating: bool = False) -> Value:
    """A call whose target nobody knows: no effect; iterating what it gives iterates what it was given."""
    first = args.positional[0] if args.positional else UNKNOWN
    options.note(m, (*args.positional, *args.keywords.values()))
    if decorating:
        return first
    iterate.consumed(m, args, m.line_of(None))
    for value in (*args.positional, *args.keywords.values()):
        if isinstance(value, Entropy):
            return value
    if any(_iterates(m, part) for part in alternatives(first)):
        return Through((first,))
    return UNKNOWN


def _iterates(m: Machine, value: Value) -> bool:
    """Whether iterating a value does something, so that what is made of it may do so too."""
    if not isinstance(value, (ExternalObject, Object)):
        return isinstance(value, (Lazy, Through))
    bases = [value.cls] if isinstance(value, ExternalObject) else definitions.library_bases(value.cls)
    found = (m.knowledge.method(base, "__iter__") for base in bases)
    return any(row.draws or row.runs or row.value for item in found if item is not None for row in item[1])


def call_bound(m: Machine, method: ExternalMethod, args: calls.Arguments, pos: Position, text: str) -> Value:
    """Call a method of a library's class."""
    receiver, cls, name = method.receiver, method.cls, method.name
    if cls.startswith("builtins."):
        return containers.call_method(m, receiver, name, args, pos)
    if name == "__init__" and not cls:
        if isinstance(receiver, Object):
            construct_base(m, receiver, definitions.library_bases(receiver.cls), args, pos, text)
        return UNKNOWN
    if isinstance(receiver, ExternalObject) and options.knows(cls, name):
        return options.call_method(m, receiver, name, args, pos)
    found = m.knowledge.method(cls, name)
    if found is None:
        return call_unknown(m, args)
    return effects.apply(m, found[1], f"{found[0]}.{name}", args, pos, text, receiver)


def call_external_method(m: Machine, owner: Value, name: str, values: Sequence[Value], pos: Position) -> Value:
    """Call a library object's method by name, if a table has it."""
    cls = owner.cls if isinstance(owner, ExternalObject) else ""
    found = m.knowledge.method(cls, name) if isinstance(cls, str) else None
    if found is None:
        return UNKNOWN
    return effects.apply(m, found[1], f"{found[0]}.{name}", calls.Arguments(values), pos, name, owner)


def call_external_object(
    m: Machine, owner: ExternalObject, args: calls.Arguments, pos: Position, text: str, decorating: bool
) -> Value:
    """Call an instance of a library's class."""
    if owner.cls == options.DECORATOR and args.positional:
        options.decorate(m, owner, args.positional[0])
        return args.positional[0]
    found = m.knowledge.method(owner.cls, "__call__")
    if found is None:
        return call_unknown(m, args, decorating)
    return effects.apply(m, found[1], f"{found[0]}.__call__", args, pos, text, owner)


def construct_base(
    m: Machine, instance: Object, bases: Sequence[str], args: calls.Arguments, pos: Position, text: str
) -> None:
    """Run the constructors of the library classes that an instance derives from."""
    for base in bases:
        rows = m.knowledge.calls(base)
        if rows:
            effects.apply(m, rows, base, args, pos, text, None, instance)


def method_anywhere(m: Machine, owner: Value, name: str) -> Value:
    """A method on an object nobody knows, whose name only one class of the tables has."""
    row_name = m.distinct_methods.get(name)
    if row_name is None:
        return UNKNOWN
    return ExternalMethod(owner, row_name, name)


def is_module(m: Machine, cls: Class) -> bool:
    """Whether constructing a class is building a module or an estimator."""
    for base in definitions.library_bases(cls):
        if any(row.module for row in m.knowledge.calls(base)):
            return True
        for name in m.knowledge.bases(base):
            row = m.knowledge.class_(name)
            if row is not None and row.call is not None:
                return True
    return False


def call_name(m: Machine, base: str) -> str | None:
    """The method that calling an instance of a library's class runs."""
    for name in m.knowledge.bases(base):
        row = m.knowledge.class_(name)
        if row is not None and row.call is not None:
            return row.call
    return None


def iterate_external(m: Machine, value: ExternalObject | Object, pos: Position) -> Value:
    """Iterate a library's object; its draws stand where it was built."""
    bases = [value.cls] if isinstance(value, ExternalObject) else definitions.library_bases(value.cls)
    for base in bases:
        found = m.knowledge.method(base, "__iter__")
        if found is not None:
            name = f"{found[0]}.__iter__"
            stands = m.places.get(value.id)
            return effects.apply(m, found[1], name, calls.Arguments(), pos, name, value, None, stands)
    if isinstance(value, ExternalObject) and "<entropy>" in m.heap[value.id]:
        return Entropy(value.cls)
    return UNKNOWN
