"""One file to be changed: its statements, the bodies that they stand in, and where a line can be put."""

from __future__ import annotations

import ast
from bisect import bisect_right
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING

from seedlint.index.summary import Position
from seedlint.rule import Edit
from seedlint.sources.notebook import without_bad_cells
from seedlint.sources.source import Source
from seedlint.syntax.positions import Change, Offsets, position_of

if TYPE_CHECKING:
    from seedlint.syntax.tree import Tree

Function = ast.FunctionDef | ast.AsyncFunctionDef
_BODIES = ("body", "orelse", "finalbody")
_SHORT, _LONG = 88, 120


class Page:
    """A source with its trees; changes are made by offsets of its text, so that the rest stays as it is.

    `own` tells whether an import's root is of the project.
    """

    def __init__(self, source: Source, own: Callable[[str], bool] = lambda root: False) -> None:
        self.source = source
        self.own = own
        try:
            self.tree = ast.parse(source.text)
        except SyntaxError:
            source = _sound(source)
            self.tree = ast.parse(source.text)
        self.offsets = Offsets(source)

    @cached_property
    def trees(self) -> Tree:
        """The libcst tree, opened when it is first needed."""
        from seedlint.syntax.tree import Tree

        return Tree(self.offsets, self.tree)

    # --- finding ------------------------------------------------------------------------------

    def way_to(self, pos: Position) -> list[tuple[ast.AST, list[ast.stmt], int]]:
        """The (owner, body, index) of each statement around a position, outermost first."""
        out: list[tuple[ast.AST, list[ast.stmt], int]] = []
        owner: ast.AST = self.tree
        while True:
            for body in bodies(owner):
                index = _index_at(body, pos)
                if index is not None:
                    out.append((owner, body, index))
                    owner = body[index]
                    break
            else:
                return out

    def function_around(self, pos: Position) -> Function | None:
        """The innermost function whose body holds a position."""
        owners = [owner for owner, _, _ in self.way_to(pos)]
        return next((o for o in reversed(owners) if isinstance(o, (ast.FunctionDef, ast.AsyncFunctionDef))), None)

    @cached_property
    def longest(self) -> int:
        """How long a line may become: as long as common formatters have them, or as the file itself has."""
        return min(_LONG, max(_SHORT, *(len(line) for line in self.offsets.lines)))

    @cached_property
    def nodes(self) -> list[ast.AST]:
        """All nodes of the file."""
        return list(ast.walk(self.tree))

    @cached_property
    def calls(self) -> dict[Position, ast.Call]:
        """Each call of the file by its place."""
        return {position_of(node): node for node in self.nodes if isinstance(node, ast.Call)}

    @cached_property
    def names(self) -> frozenset[str]:
        """All names that the file uses or binds."""
        found = {node.id for node in self.nodes if isinstance(node, ast.Name)}
        found |= {node.arg for node in self.nodes if isinstance(node, ast.arg)}
        return frozenset(found)

    @cached_property
    def bound(self) -> frozenset[str]:
        """The names that the file binds other than by an import."""
        found = {node.arg for node in self.nodes if isinstance(node, ast.arg)}
        for node in self.nodes:
            if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load):
                found.add(node.id)
            elif isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
                found.add(node.name)
        return frozenset(found)

    # --- writing ------------------------------------------------------------------------------

    def indent(self, statement: ast.stmt) -> str:
        """The white space before a statement."""
        line = self.offsets.lines[first_line(statement) - 1]
        return line[: len(line) - len(line.lstrip(" \t\f"))].replace("\f", "")

    def alone(self, body: list[ast.stmt], index: int) -> bool:
        """Whether a line break stands before the statement at `index`: nothing else is on its line."""
        line = first_line(body[index])
        text = self.offsets.lines[line - 1]
        return not text[: self.offsets.start(body[index]) - self.offsets.starts[line - 1]].strip(" \t\f@")

    def before(self, body: list[ast.stmt], index: int, lines: list[str]) -> Change | None:
        """Put lines before a statement, above the comments that stand directly over it."""
        if not self.alone(body, index):
            return None
        line = first_line(body[index])
        indent = self.indent(body[index])
        floor = last_line(body[index - 1]) + 1 if index else 1
        while line - 1 >= floor and self._comment(line - 1, indent) and not self._cell_starts(line):
            line -= 1
        start = self.offsets.line_start(line)
        return Change(start, start, "".join(_indented(indent, text) + "\n" for text in lines))

    def commented(self, body: list[ast.stmt], index: int) -> bool:
        """Whether a comment stands directly over a statement."""
        line = first_line(body[index])
        return line > 1 and not self._cell_starts(line) and self._comment(line - 1, self.indent(body[index]))

    def under_comments(self, body: list[ast.stmt], index: int, lines: list[str]) -> Change | None:
        """Put lines directly before a statement, below the comments over it: those that head a file, say."""
        if not self.alone(body, index):
            return None
        start, indent = self.offsets.line_start(first_line(body[index])), self.indent(body[index])
        return Change(start, start, "".join(_indented(indent, text) + "\n" for text in lines))

    def after(self, body: list[ast.stmt], index: int, lines: list[str]) -> Change | None:
        """Put lines behind a statement."""
        line = last_line(body[index])
        if index + 1 < len(body) and first_line(body[index + 1]) <= line:
            return None
        if not self.alone(body, index):
            return None
        indent = self.indent(body[index])
        text = [_indented(indent, text) for text in lines]
        if line == len(self.offsets.lines) or self._cell_starts(line + 1):
            end = self.offsets.starts[line - 1] + len(self.offsets.lines[line - 1])
            return Change(end, end, "".join("\n" + item for item in text))
        start = self.offsets.line_start(line + 1)
        return Change(start, start, "".join(item + "\n" for item in text))

    def blank(self, line: int) -> bool:
        """Whether nothing stands on a line, or it lies behind the end."""
        return line > len(self.offsets.lines) or not self.offsets.lines[line - 1].strip() or self._cell_starts(line)

    def edit(self, change: Change) -> Edit:
        """A change as reports show it."""
        (line, column), (end_line, end_column) = self.offsets.place(change.start), self.offsets.place(change.end)
        cell, shown = self.source.locate(line)
        _, end_shown = self.source.locate(end_line)
        return Edit(self.source.path, (shown, column), (end_shown, end_column), change.content, cell)

    def _comment(self, line: int, indent: str) -> bool:
        text = self.offsets.lines[line - 1]
        return text.startswith(indent + "#") and not text.lstrip().startswith(("# %%", "#%%", "#!"))

    def _cell_starts(self, line: int) -> bool:
        return any(cell.first_line == line for cell in self.source.cells)


def _indented(indent: str, text: str) -> str:
    return indent + text if text else ""


def first_line(statement: ast.stmt) -> int:
    """The line on which a statement begins, with its decorators."""
    decorators: list[ast.expr] = getattr(statement, "decorator_list", [])
    return min([statement.lineno, *(decorator.lineno for decorator in decorators)])


def last_line(statement: ast.stmt) -> int:
    """The line on which a statement ends."""
    assert statement.end_lineno is not None
    return statement.end_lineno


def bodies(owner: ast.AST) -> Iterator[list[ast.stmt]]:
    """The lists of statements that a statement or module holds."""
    for name in _BODIES:
        body = getattr(owner, name, None)
        if isinstance(body, list):
            yield body
    for handler in getattr(owner, "handlers", ()):
        yield handler.body
    for case in getattr(owner, "cases", ()):
        yield case.body


def _index_at(body: list[ast.stmt], pos: Position) -> int | None:
    """Which statement of a body holds a position; they are in order, and several may share a line."""
    index = bisect_right(body, pos[0], key=first_line) - 1
    while index >= 0 and last_line(body[index]) >= pos[0]:
        if covers(body[index], pos):
            return index
        index -= 1
    return None


def covers(statement: ast.stmt, pos: Position) -> bool:
    """Whether a statement holds a position."""
    return (first_line(statement), 0) <= (pos[0], pos[1]) and (pos[0], pos[1]) < (
        last_line(statement),
        (statement.end_col_offset or 0) + (pos[0] == pos[2] and pos[1] == pos[3]),
    )


def _sound(source: Source) -> Source:
    """A notebook whose cells that cannot be parsed are blank, of the same length, so that offsets stay true."""
    sound, _ = without_bad_cells(source)
    lines = zip(source.lines(), sound.text.split("\n"), strict=True)
    return replace(sound, text="\n".join(new or " " * len(old) for old, new in lines))
