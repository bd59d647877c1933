"""One file as the stages see it: its text, and where its lines lie in the file."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """Something that could not be read, in one line; lines and columns are 1-based, 0 for the file as a whole."""

    path: str
    line: int
    column: int
    message: str
    cell: int | None = None

    def __str__(self) -> str:
        cell = "" if self.cell is None else f"cell {self.cell}:"
        where = f":{cell}{self.line}:{self.column}" if self.line else ""
        return f"{self.path}{where}: {self.message}"


@dataclass(frozen=True, slots=True)
class CellSpan:
    """One code cell of a notebook: its index among all cells, and its lines in the joined text."""

    index: int
    first_line: int
    count: int


@dataclass(frozen=True, slots=True)
class Source:
    """A file's text as it is parsed.

    `path` is relative to the working directory, `root_path` to the project's root, both with `/`.
    The text of a notebook is that of its code cells, one behind the other. `written` is the same
    text before IPython's lines were made Python, where that made a difference.
    """

    path: str
    root_path: str
    absolute: Path
    text: str
    digest: bytes
    encoding: str = "utf-8"
    bom: bool = False
    kind: str = "python"
    cells: tuple[CellSpan, ...] = ()
    written: str = ""
    _lines: list[str] = field(default_factory=list, compare=False, repr=False)

    def lines(self) -> list[str]:
        """The text's lines, as `ast` counts them."""
        if not self._lines:
            self._lines.extend(split_lines(self.text))
        return self._lines

    def written_lines(self) -> list[str]:
        """The lines as a person wrote them, as many as there are in `lines`."""
        return split_lines(self.written) if self.written else self.lines()

    def locate(self, line: int) -> tuple[int | None, int]:
        """(the notebook's cell or None, the line there) of a line of the text."""
        for cell in reversed(self.cells):
            if line >= cell.first_line:
                return cell.index, line - cell.first_line + 1
        return None, line

    def line_of(self, cell: int | None, line: int) -> int:
        """The line of the text of a line in a notebook's cell; the inverse of `locate`."""
        return line + next((span.first_line - 1 for span in self.cells if span.index == cell), 0)


def split_lines(text: str) -> list[str]:
    r"""Lines without their ends; only `\n`, `\r\n` and `\r` end a line, as in Python's grammar."""
    return text.replace("\r\n", "\n").replace("\r", "\n").split("\n")


def may_suppress(text: str) -> bool:
    """Whether a text may hold a comment that suppresses findings; most are told by a search that costs nothing."""
    return "seedlint:" in text or "noqa" in text or "noqa" in text.lower()
