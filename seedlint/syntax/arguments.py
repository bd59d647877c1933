"""Gives a call an argument, in the layout that its arguments have."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from seedlint.index.summary import Position
from seedlint.syntax.page import Page
from seedlint.syntax.positions import Change

if TYPE_CHECKING:
    import libcst as cst


def set_argument(page: Page, pos: Position, name: str, index: int | None, value: str) -> Change | None:
    """Make an argument of the call at `pos` be `value`: the one of that name, at that index, or a new one."""
    call = page.calls.get(pos)
    if call is None:
        return None
    for word in call.keywords:
        if word.arg == name:
            return replace(page, word.value, value)
    if any(word.arg is None for word in call.keywords) or any(isinstance(arg, ast.Starred) for arg in call.args):
        return None
    if index is not None and index < len(call.args):
        return replace(page, call.args[index], value)
    plain = index == len(call.args) == 0 and not call.keywords
    return _append(page, call, pos, value if plain else f"{name}={value}")


def replace(page: Page, node: ast.expr, value: str) -> Change:
    """Put other text in the place of an expression."""
    return Change(page.offsets.start(node), page.offsets.end(node), value)


def _append(page: Page, call: ast.Call, pos: Position, text: str) -> Change | None:
    """Add an argument behind the others; one that has a line of its own gets one as well."""
    end = page.offsets.end(call)
    if not (call.args or call.keywords):
        return Change(end - 1, end - 1, text)
    at, comma = _end_of_arguments(page, call)
    if comma:
        space = page.offsets.text[at : end - 1]
        if "\n" not in space:
            return Change(at, at, f" {text}")
        indent = _indent_of_line(page, page.offsets.place(at - 1)[0])
        at += len(space.partition("\n")[0])
        return Change(at, at, f"\n{indent}{text},")
    pair = page.trees.call(pos)
    if pair is None:
        return None
    module, node = page.trees.module, pair[1]
    first = module.code_for_node(node.whitespace_before_args)
    alone = "\n" in first and len(node.args) == 1
    if alone or (len(node.args) > 1 and _broken(module, node.args[-2])):
        closed = "," if alone and "\n" in page.offsets.text[at : end - 1] else ""
        return Change(at, at, f",\n{_indent_of_line(page, page.offsets.place(at)[0])}{text}{closed}")
    return _wrapped(page, call, at, text) or Change(at, at, f", {text}")


def _end_of_arguments(page: Page, call: ast.Call) -> tuple[int, bool]:
    """(the offset behind a call's last argument, and behind its comma if it has one; whether it has one)."""
    last = max(page.offsets.end(node) for node in (*call.args, *(word.value for word in call.keywords)))
    end = page.offsets.end(call) - 1
    at = min(last, end)
    place = at
    while place < end:
        mark = page.offsets.text[place]
        if mark == "#":
            place = page.offsets.text.index("\n", place)
        elif mark == ",":
            return place + 1, True
        elif mark == ")":
            at = place + 1
        place += 1
    return at, False


def _wrapped(page: Page, call: ast.Call, at: int, text: str) -> Change | None:
    """All arguments on a line of their own, where the line of the call would become too long for the file."""
    row, column = page.offsets.place(at)
    line = page.offsets.lines[row - 1]
    open_row, opened = page.offsets.place(page.offsets.end(call.func))
    if len(line) + len(text) + 2 <= page.longest or open_row != row or line[opened - 1] != "(":
        return None
    indent = _indent_of_line(page, row)
    inner = f"{indent}{' ' * 4}{line[opened : column - 1].strip()}, {text}"
    if len(inner) > page.longest or page.offsets.end(call) - 1 != at or not _outermost(page, call, row):
        return None
    return Change(page.offsets.starts[row - 1] + opened, at, f"\n{inner}\n{indent}")


def _outermost(page: Page, call: ast.Call, row: int) -> bool:
    """Whether no bracket of the line is open around a call."""
    line = page.offsets.lines[row - 1][: page.offsets.start(call) - page.offsets.starts[row - 1]]
    return not any(bracket in line for bracket in "([{\"'")


def _broken(module: cst.Module, arg: cst.Arg) -> bool:
    return hasattr(arg.comma, "whitespace_after") and "\n" in module.code_for_node(arg.comma.whitespace_after)


def _indent_of_line(page: Page, line: int) -> str:
    text = page.offsets.lines[line - 1]
    return text[: len(text) - len(text.lstrip())]
