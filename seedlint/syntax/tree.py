"""A file's libcst tree, and the node of a moment in it, found by order: no position is computed twice."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cached_property
from typing import Any

import libcst as cst

from seedlint.index.summary import Position
from seedlint.syntax.positions import Offsets, position_of

_HEAD: dict[type, str] = {cst.Attribute: "value", cst.Subscript: "value", cst.Call: "func"}


class Tree:
    """The libcst tree of a text beside that of `ast`: the k-th call of one is the k-th call of the other."""

    def __init__(self, offsets: Offsets, tree: ast.Module) -> None:
        self.offsets = offsets
        self.tree = tree

    @cached_property
    def module(self) -> cst.Module:
        """The libcst tree. Raises `ParserSyntaxError` for what libcst cannot parse."""
        return cst.parse_module(self.offsets.text)

    @cached_property
    def pairs(self) -> dict[Position, tuple[ast.Call, cst.Call]]:
        """Each call in both trees, by its position; empty where the trees do not agree."""
        calls = sorted((node for node in ast.walk(self.tree) if isinstance(node, ast.Call)), key=_span)
        nodes = list(calls_of(self.module))
        if len(calls) != len(nodes):
            return {}
        return {position_of(call): (call, node) for call, node in zip(calls, nodes, strict=True) if agree(call, node)}

    def call(self, pos: Position) -> tuple[ast.Call, cst.Call] | None:
        """The call at a position of the Summary, in both trees."""
        return self.pairs.get(pos)


def _span(node: ast.Call) -> tuple[int, int, int, int]:
    return position_of(node)


def agree(call: ast.Call, node: cst.Call) -> bool:
    """Whether two calls have the same callee and as many arguments."""
    return len(call.args) + len(call.keywords) == len(node.args) and _named(call.func) == _last_name(node.func)


def _named(function: ast.expr) -> str:
    if isinstance(function, ast.Attribute):
        return function.attr
    return function.id if isinstance(function, ast.Name) else ""


def _last_name(function: cst.BaseExpression) -> str:
    if isinstance(function, cst.Attribute):
        return function.attr.value
    return function.value if isinstance(function, cst.Name) else ""


def calls_of(node: cst.CSTNode) -> Iterator[cst.Call]:
    """The calls below a node in source order; of those that begin together, the shortest first."""
    stack: list[Any] = [node]
    while stack:
        item = stack.pop()
        if isinstance(item, _Found):
            yield item.call
            continue
        if isinstance(item, cst.Call):
            spine = _spine(item)
            stack += reversed(spine)
            continue
        stack += reversed(_in_order(item))


class _Found:
    """A call whose turn has come; what it holds comes after it."""

    __slots__ = ("call",)

    def __init__(self, call: cst.Call) -> None:
        self.call = call


def _spine(call: cst.Call) -> list[Any]:
    """The calls that begin where this one does, innermost first, and then all that they hold."""
    heads: list[cst.Call] = [call]
    rest: list[Any] = []
    node: Any = call
    while True:
        name = _HEAD.get(type(node))
        if name is None or (node is not call and node.lpar):
            break
        inner = getattr(node, name)
        rest = [*(child for child in _in_order(node) if child is not inner), *rest]
        if isinstance(inner, cst.Call) and not inner.lpar:
            heads.insert(0, inner)
        node = inner
    return [*(_Found(head) for head in heads), node, *rest]


def _in_order(node: cst.CSTNode) -> list[cst.CSTNode]:
    """The child nodes in source order; whitespace holds no call and is left out."""
    names = _FIELDS.get(type(node))
    if names is None:
        names = _FIELDS[type(node)] = _fields(type(node))
    out: list[cst.CSTNode] = []
    for name in names:
        value = getattr(node, name)
        if isinstance(value, cst.CSTNode):
            out.append(value)
        elif isinstance(value, (list, tuple)):
            out += [item for item in value if isinstance(item, cst.CSTNode)]
    return out


_FIELDS: dict[type, tuple[str, ...]] = {}
_EMPTY = ("whitespace", "leading_lines", "lines_after", "header", "footer", "comma", "lpar", "rpar", "semicolon")


def _fields(cls: type) -> tuple[str, ...]:
    names = [name for name in cls.__dataclass_fields__ if not name.startswith(_EMPTY)]  # type: ignore[attr-defined]
    if issubclass(cls, (cst.FunctionDef, cst.ClassDef)):
        names.remove("decorators")
        names.insert(0, "decorators")
        names.remove("body")
        names.append("body")
    if issubclass(cls, cst.IfExp):
        names = ["body", "test", "orelse"]
    if issubclass(cls, cst.DictComp):
        names = ["key", "value", "for_in"]
    return tuple(names)
