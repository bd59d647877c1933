"""A line of code with carets under a part of it, as wide as it looks on a terminal."""

from __future__ import annotations

from unicodedata import category, combining, east_asian_width

TAB = 4
ELLIPSIS = "..."


def excerpt(text: str, start: int, end: int, width: int) -> tuple[str, str]:
    """(the line without its indentation, carets below the characters from `start` to `end`), cut to a width."""
    end = max(start + 1, min(end, len(text.rstrip())))
    indent = min(len(text) - len(text.lstrip()), start)
    cells = [_cell(character) for character in text.rstrip()[indent:]]
    start, end = start - indent, end - indent
    first, last = _window([_width(cell) for cell in cells], start, end, width)
    before = ELLIPSIS if first > 0 else ""
    after = ELLIPSIS if last < len(cells) else ""
    shown = before + "".join(cells[first:last]) + after
    blank = len(before) + sum(map(_width, cells[first:start]))
    marked = sum(map(_width, cells[start : min(end, last)]))
    return shown, " " * blank + "^" * max(1, marked)


def _window(widths: list[int], start: int, end: int, width: int) -> tuple[int, int]:
    """The characters that are shown: all if they fit, else those around the marked ones."""
    room = max(20, width)
    if sum(widths) <= room:
        return 0, len(widths)
    room -= 2 * len(ELLIPSIS)
    first = 0 if sum(widths[:end]) <= room else max(0, start - min(20, room // 4))
    last, used = first, 0
    while last < len(widths) and used + widths[last] <= room:
        used += widths[last]
        last += 1
    return first, last


def _cell(character: str) -> str:
    """A character as it is shown: blanks for a tab, a mark for what a terminal would obey."""
    if character == "\t":
        return " " * TAB
    if category(character) in ("Cc", "Cf", "Zl", "Zp") and character != "\u200d":
        return "?"
    return character


def _width(cell: str) -> int:
    """The columns that a character takes."""
    if cell.isascii():
        return len(cell)
    if combining(cell) or category(cell) in ("Mn", "Me", "Cf"):
        return 0
    return 2 if east_asian_width(cell) in ("W", "F") else 1
