"""The code of notebooks: cells in order, magics out of the way."""

from __future__ import annotations

import json
import re

from seedlint.sources.source import CellSpan, split_lines

_PYTHON_CELLS = frozenset({"time", "timeit", "capture", "prun", "python", "python3", "pypy"})
"""Cell magics whose body is still Python."""
_RUN = re.compile(r"^(\s*)%run\s+(?:-\w+\s+)*([^\s#]+\.py)\b")
_MAGIC = re.compile(r"^(\s*)(?:[%!]|\?|[\w.]+\?{1,2}\s*$)")
_ASSIGNED = re.compile(r"^(\s*[\w.]+\s*=\s*)[%!]")


def code(data: bytes) -> tuple[str, tuple[CellSpan, ...]]:
    """(the text of all code cells, where each lies in it). Raises ValueError for what is no notebook."""
    try:
        document = json.loads(data.decode("utf-8-sig"))
    except (UnicodeDecodeError, json.JSONDecodeError, RecursionError) as error:
        raise ValueError(str(error)) from None
    cells = document.get("cells") if isinstance(document, dict) else None
    if not isinstance(cells, list):
        raise ValueError("it has no cells")
    lines: list[str] = []
    spans = []
    for index, cell in enumerate(cells):
        if not isinstance(cell, dict) or cell.get("cell_type") != "code":
            continue
        source = cell.get("source", "")
        text = "".join(map(str, source)) if isinstance(source, list) else str(source)
        own = split_lines(python_of_cell(text))
        spans.append(CellSpan(index, len(lines) + 1, len(own)))
        lines += own
    return "\n".join(lines) + "\n", tuple(spans)


def python_of_cell(text: str) -> str:
    """A cell's Python: line magics become `pass`, the body of a cell in another language nothing."""
    first = text.lstrip().split("\n", 1)[0]
    if first.startswith("%%"):
        magic = first[2:].split(" ")[0].strip()
        if magic not in _PYTHON_CELLS:
            return "\n" * text.count("\n")
    return without_magics(text)


def without_magics(text: str) -> str:
    """The same lines, each magic or shell line replaced by something that parses."""
    return "\n".join(_plain(line) for line in split_lines(text))


def _plain(line: str) -> str:
    run = _RUN.match(line)
    if run:
        return f"{run[1]}__seedlint_run__({run[2]!r})"
    assigned = _ASSIGNED.match(line)
    if assigned:
        return f"{assigned[1]}None"
    magic = _MAGIC.match(line)
    return f"{magic[1]}pass" if magic else line
