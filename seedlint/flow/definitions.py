"""Functions and classes as they are defined, decorated and found through their bases."""

from __future__ import annotations

from typing import Any

from seedlint.flow import calls, contexts, evaluate, execute
from seedlint.flow.machine import Frame, Machine
from seedlint.flow.values import (
    UNKNOWN,
    Class,
    Const,
    External,
    Function,
    Scope,
    Value,
    Wrapped,
    alternatives,
)
from seedlint.index.summary import Expression, Statement

_DESCRIPTORS = {
    "builtins.staticmethod": "static",
    "builtins.classmethod": "class",
    "builtins.property": "property",
    "functools.cached_property": "property",
    "abc.abstractproperty": "property",
    "abc.abstractclassmethod": "class",
    "abc.abstractstaticmethod": "static",
}


def make_function(m: Machine, record: tuple[Any, ...]) -> Function:
    """The function object of a definition in the running body; the same each time it is run again."""
    scope = m.frame.scope
    owner = class_being_built(m)
    if owner is not None and scope.outer is not None:
        scope = scope.outer
    key = (id(record), id(scope))
    function = m.functions.get(key)
    if function is None:
        function = m.functions[key] = Function(record, scope)
        function.owner = owner or (m.frame.function.owner if m.frame.function else None)
    for name, _, default, _, given in record[2]:
        if given:
            function.defaults[name] = evaluate.evaluate(m, default)
    return function


def define_function(m: Machine, s: Statement) -> bool:
    """Run a `def`."""
    record = s[2]
    m.assign(record[0], decorate(m, make_function(m, record), record[4], record))
    return True


def decorate(m: Machine, value: Value, decorators: tuple[Expression, ...], record: tuple[Any, ...]) -> Value:
    """Apply decorators, the innermost first; one that nobody knows returns what it is given."""
    for expression in reversed(decorators):
        decorator = evaluate.evaluate(m, expression)
        if expression is not None and expression[0] == "attr" and expression[2] in ("setter", "deleter"):
            continue
        if isinstance(decorator, External) and decorator.name in _DESCRIPTORS:
            value = Wrapped(_DESCRIPTORS[decorator.name], value)
            continue
        for part in alternatives(value):
            if isinstance(part, Function):
                part.during |= contexts.tags(m, decorator)
        result = calls.call(
            m, decorator, calls.Arguments([value]), record[1], evaluate.spelled(expression), decorating=True
        )
        callable_parts = [p for p in alternatives(result) if p is not UNKNOWN]
        value = result if callable_parts and not isinstance(result, Const) else value
    return value


def class_being_built(m: Machine) -> Class | None:
    """The class whose body is running, if it is one."""
    value = m.frame.scope.variables.get("<class>")
    return value if isinstance(value, Class) else None


def define_class(m: Machine, s: Statement) -> bool:
    """Run a `class` statement: its bases, its body, its decorators."""
    record = s[2]
    name, _, bases, keywords, decorators, body = record
    outer = m.frame.scope
    nested = class_being_built(m) is not None and outer.outer is not None
    enclosing = outer.outer if nested and outer.outer is not None else outer
    key = (id(record), id(enclosing))
    cls = m.classes.get(key)
    if cls is None:
        cls = m.classes[key] = Class(record, enclosing)
    cls.bases = tuple(part for base in bases for part in alternatives(evaluate.evaluate(m, base)))
    cls.mro = linearize(m, cls)
    for _, value in keywords:
        evaluate.evaluate(m, value)
    scope = Scope(outer.module, enclosing)
    scope.variables = {"<class>": cls}
    frame = Frame(scope, m.frame.activation, block=body)
    frame.at = m.frame.at
    with m.within(frame):
        execute.execute(m, body)
    for attribute, value in scope.variables.items():
        if attribute != "<class>":
            if cls.attributes.get(attribute) != value:
                m.clock.now += 1
            cls.attributes[attribute] = value
    cls.decorators = tuple(evaluate.evaluate(m, decorator) for decorator in decorators)
    result = decorate(m, cls, decorators, record) if decorators else cls
    m.assign(name, result if any(p is cls for p in alternatives(result)) else cls)
    return True


def declare_field(m: Machine, name: str, annotation: Expression, given: bool) -> None:
    """Note an annotated name of a class body: a dataclass would take it as an argument."""
    cls = class_being_built(m)
    if cls is not None:
        cls.fields[name] = m.frame.scope.variables.get(name, UNKNOWN) if given else UNKNOWN


def linearize(m: Machine, cls: Class) -> tuple[Class | str, ...]:
    """The class, then its bases in the order that attributes are looked up; libraries' last, by name."""
    order: list[Class | str] = [cls]
    outside: list[Class | str] = []
    for base in cls.bases:
        if isinstance(base, Class):
            for item in base.mro:
                target = outside if isinstance(item, str) else order
                if item in target:
                    target.remove(item)
                target.append(item)
        elif isinstance(base, External):
            outside.append(m.knowledge.canonical(base.name))
    return tuple(order + outside)


def find_in_class(cls: Class, name: str, after: Class | None = None) -> Value | None:
    """A class attribute through the bases; with `after`, only beyond that class."""
    passed = after is None
    for item in cls.mro:
        if isinstance(item, str):
            continue
        if passed and name in item.attributes:
            return item.attributes[name]
        if item is after:
            passed = True
    return None


def library_bases(cls: Class) -> tuple[str, ...]:
    """The classes of libraries that a class derives from."""
    return tuple(item for item in cls.mro if isinstance(item, str))
