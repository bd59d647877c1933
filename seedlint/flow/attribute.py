"""What `owner.name` is."""

from __future__ import annotations

from typing import Any

from seedlint.flow import calls, containers, definitions, evaluate, imports, lazily, library, options, texts
from seedlint.flow.machine import Frame, Machine
from seedlint.flow.mode import OWN, part_of
from seedlint.flow.values import (
    NONE,
    UNKNOWN,
    Alternatives,
    Class,
    Const,
    Container,
    Entropy,
    External,
    ExternalMethod,
    ExternalObject,
    Function,
    Lazy,
    Method,
    Module,
    Object,
    Option,
    Partial,
    Super,
    Through,
    Value,
    View,
    Wrapped,
    alternatives,
    any_of,
    join,
)
from seedlint.index.summary import Expression

_NOWHERE = (0, 0, 0, 0)
_NEXT = ("__next__", "next")
"""Methods of an iterator that give its next item; some libraries' had the second one too."""


def get_attribute(m: Machine, owner: Value, name: str) -> Value:
    """The attribute of a value; unknown if it cannot be told."""
    if isinstance(owner, External):
        return _of_library(m, owner, name)
    if isinstance(owner, Object):
        return _of_object(m, owner, name)
    if isinstance(owner, Module):
        return _of_module(m, owner, name)
    if isinstance(owner, ExternalObject):
        return _of_external(m, owner, name)
    if isinstance(owner, Class):
        return _of_class(m, owner, name)
    if isinstance(owner, Super):
        return _of_super(m, owner, name)
    if isinstance(owner, Alternatives):
        parts = [get_attribute(m, part, name) for part in owner.by_name if part != NONE]
        return any_of(parts) if parts else UNKNOWN
    if isinstance(owner, (Container, View)):
        kind = owner.kind if isinstance(owner, Container) else "dict"
        item = containers.attribute_of_dict(m, owner, name)
        return item if item is not None else ExternalMethod(owner, f"builtins.{kind}", name)
    if isinstance(owner, Entropy):
        method = library.method_anywhere(m, owner, name)
        return owner if method is UNKNOWN else method
    if isinstance(owner, Const):
        known = isinstance(owner.value, str) or (name in texts.COMPUTED and hasattr(owner.value, name))
        return ExternalMethod(owner, "builtins.str", name) if known else UNKNOWN
    if isinstance(owner, Option) and not isinstance(owner.default, Const):
        return get_attribute(m, owner.default, name)
    if isinstance(owner, Option):
        return ExternalMethod(owner, "builtins.str", name) if name in texts.COMPUTED else UNKNOWN
    if isinstance(owner, (Lazy, Through)) and name in _NEXT:
        return Partial(External("builtins.next"), (owner,), ())
    return library.method_anywhere(m, owner, name)


def _of_library(m: Machine, owner: External, name: str) -> Value:
    if name == "__dict__":
        return View(owner)
    if owner.name in ("typing", "typing_extensions") and name == "TYPE_CHECKING":
        return Const(False)
    declared = options.declared_flag(m, owner.name, name)
    return External(f"{owner.name}.{name}") if declared is None else declared


def _of_object(m: Machine, owner: Object, name: str) -> Value:
    value = m.heap[owner.id].get(name)
    if value is not None:
        return value
    if name == "__dict__":
        return View(owner)
    if name == "__class__":
        return owner.cls
    found = definitions.find_in_class(owner.cls, name)
    if found is not None:
        return _bound(m, found, owner, owner.cls)
    for base in definitions.library_bases(owner.cls):
        kind = m.knowledge.attribute(base, name)
        if kind is not None:
            return _held(m, owner, name, kind)
        method = m.knowledge.method(base, name)
        if method is not None:
            return ExternalMethod(owner, method[0], name)
    fallback = definitions.find_in_class(owner.cls, "__getattr__")
    if isinstance(fallback, Function):
        return calls.call_function(m, fallback, calls.Arguments([owner, Const(name)]), _NOWHERE, name)
    return _flag(m, owner, name)


def _flag(m: Machine, owner: Object | ExternalObject, name: str) -> Value:
    """What the program has set for all that an object holds, such as `training`."""
    flag = f"{OWN}{name}"
    part = part_of(flag)
    if part is not None:
        m.asked.add(part)
    return m.flag_of(flag, owner)


def _bound(m: Machine, found: Value, receiver: Value, cls: Class) -> Value:
    """A class attribute as an instance sees it."""
    if isinstance(found, Function):
        return Method(found, receiver)
    if isinstance(found, Wrapped):
        inner = found.value
        if found.kind == "static":
            return inner
        if found.kind == "class":
            return Method(inner, cls) if isinstance(inner, Function) else inner
        here = (m.line, 0, m.line, 0)
        return calls.call(m, inner, calls.Arguments([receiver]), here, getattr(inner, "name", ""), "property")
    if isinstance(found, Alternatives):
        return any_of([_bound(m, part, receiver, cls) for part in found.values])
    return found


def _of_class(m: Machine, owner: Class, name: str) -> Value:
    if name == "__name__":
        return Const(owner.name)
    if name == "__dict__":
        return View(owner)
    found = definitions.find_in_class(owner, name)
    if found is None:
        for base in definitions.library_bases(owner):
            method = m.knowledge.method(base, name)
            if method is not None:
                return ExternalMethod(owner, method[0], name)
        return library.method_anywhere(m, owner, name)
    if isinstance(found, Wrapped):
        if found.kind == "class" and isinstance(found.value, Function):
            return Method(found.value, owner)
        return found.value
    return found


def _of_super(m: Machine, owner: Super, name: str) -> Value:
    receiver = owner.receiver
    cls = receiver.cls if isinstance(receiver, Object) else receiver if isinstance(receiver, Class) else owner.cls
    # The receiver's own order of bases decides which class comes next.
    order: Class = cls if owner.cls in cls.mro else owner.cls
    found = definitions.find_in_class(order, name, after=owner.cls)
    if found is not None:
        return _bound(m, found, receiver, order)
    for base in definitions.library_bases(order):
        method = m.knowledge.method(base, name)
        if method is not None:
            return ExternalMethod(receiver, method[0], name)
    if name == "__init__":
        return ExternalMethod(receiver, "", "__init__")
    return UNKNOWN


def _of_module(m: Machine, owner: Module, name: str) -> Value:
    scope = m.scopes.get(owner.name)
    if scope is not None and name in scope.variables:
        return scope.variables[name]
    if name == "__dict__":
        return View(owner)
    child = f"{owner.name}.{name}"
    if child in m.program.modules:
        return Module(child)
    if scope is not None:
        for star in scope.external_stars:
            if m.knowledge.calls(f"{star}.{name}"):
                return External(f"{star}.{name}")
        return lazily.given(m, owner.name, name)
    return UNKNOWN


def _of_external(m: Machine, owner: ExternalObject, name: str) -> Value:
    value = m.heap[owner.id].get(name)
    if value is not None:
        return value
    chosen = options.namespace_attribute(m, owner, name)
    if chosen is not None:
        return chosen
    kind = m.knowledge.attribute(owner.cls, name)
    if kind is not None:
        return _held(m, owner, name, kind)
    if m.knowledge.method(owner.cls, name) is not None or options.knows(owner.cls, name):
        return ExternalMethod(owner, owner.cls, name)
    flag = _flag(m, owner, name)
    return flag if flag is not UNKNOWN else library.method_anywhere(m, owner, name)


def _held(m: Machine, owner: Object | ExternalObject, name: str, kind: str) -> Value:
    """The object of a library's class that an attribute holds; "self" is the owner."""
    if kind == "self":
        return owner
    number = m.identity("attribute", owner.id, name)
    m.owners[number] = owner.id
    return ExternalObject(kind, number)


def has_attribute(m: Machine, owner: Value, name: str) -> bool | None:
    """Whether a value has an attribute of this name, or None where nobody knows."""
    if isinstance(owner, Alternatives):
        answers = {has_attribute(m, part, name) for part in owner.values}
        return answers.pop() if len(answers) == 1 else None
    if isinstance(owner, ExternalObject):
        return True if name in m.heap[owner.id] else False if m.knowledge.lacks(owner.cls, name) else None
    if not isinstance(owner, Object) or name in m.heap[owner.id]:
        return None
    if definitions.find_in_class(owner.cls, name) is not None:
        return True
    lacking = any(m.knowledge.lacks(base, name) for base in definitions.library_bases(owner.cls))
    return False if lacking and definitions.find_in_class(owner.cls, "__getattr__") is None else None


def any_attribute(m: Machine, owner: Value) -> Value:
    """Some attribute whose name is not known: what a module defines, what was set by such a name, or a library's."""
    if isinstance(owner, Module):
        scope = m.scopes.get(owner.name)
        if scope is None:
            return UNKNOWN
        own = [value for value in scope.variables.values() if isinstance(value, (Class, Function))]
        out: Value = UNKNOWN
        for value in own:
            out = join(out, value)
        return out
    if isinstance(owner, External):
        return External(f"{owner.name}.?")
    if isinstance(owner, Object):
        return m.heap[owner.id].get(containers.OTHERS, UNKNOWN)
    return UNKNOWN


def annotated(m: Machine, function: Function, annotation: Expression) -> Value:
    """An instance of the class that a parameter's annotation names, or unknown."""
    while annotation is not None and annotation[0] == "index":
        annotation = annotation[2] if annotation[1] and annotation[1][-1] == "Optional" else None
    if annotation is None or annotation[0] not in ("name", "attr"):
        return UNKNOWN
    frame = Frame(function.scope, m.frame.activation)
    with m.within(frame):
        value = evaluate.evaluate(m, annotation)
    if isinstance(value, Class):
        return Object(value, m.identity("annotated", id(value)))
    if isinstance(value, External):
        name = m.knowledge.canonical(value.name)
        if m.knowledge.class_(name) is not None:
            return ExternalObject(name, m.identity("annotated", name))
    return UNKNOWN


__all__ = ["Any", "alternatives", "annotated", "any_attribute", "get_attribute", "has_attribute", "imports"]
