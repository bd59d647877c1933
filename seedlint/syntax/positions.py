"""Places in a text: (line, column in characters) pairs, offsets, and what `ast` counts in bytes."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import Any

from seedlint.index.summary import Position
from seedlint.sources.source import Source


@dataclass(frozen=True, slots=True)
class Change:
    """Replace the characters from `start` to `end` of a source's text."""

    start: int
    end: int
    content: str


class Offsets:
    """Turns the lines and byte columns of `ast` into offsets of a text whose lines end in `\\n`."""

    def __init__(self, source: Source) -> None:
        self.lines = source.lines()
        self.text = "\n".join(self.lines)
        self.starts = [0]
        for line in self.lines:
            self.starts.append(self.starts[-1] + len(line) + 1)

    def at(self, line: int, column: int) -> int:
        """The offset of a place whose column counts UTF-8 bytes."""
        text = self.lines[line - 1]
        if not text.isascii():
            column = len(text.encode()[:column].decode("utf-8", "ignore"))
        return self.starts[line - 1] + column

    def start(self, node: ast.expr | ast.stmt) -> int:
        """Where a node begins."""
        return self.at(node.lineno, node.col_offset)

    def end(self, node: ast.expr | ast.stmt) -> int:
        """Where a node ends."""
        assert node.end_lineno is not None
        assert node.end_col_offset is not None
        return self.at(node.end_lineno, node.end_col_offset)

    def line_start(self, line: int) -> int:
        """Where a line begins; behind the last line, the text's end."""
        return min(self.starts[line - 1], len(self.text))

    def place(self, offset: int) -> tuple[int, int]:
        """The 1-based (line, column in characters) of an offset."""
        from bisect import bisect_right

        line = bisect_right(self.starts, offset, 0, len(self.lines))
        return line, offset - self.starts[line - 1] + 1

    def segment(self, node: ast.expr | ast.stmt) -> str:
        """The text of a node."""
        return self.text[self.start(node) : self.end(node)]


def position_of(node: Any) -> Position:
    """The span of a node of `ast`, as the Summary holds it."""
    return (node.lineno, node.col_offset, node.end_lineno, node.end_col_offset)
