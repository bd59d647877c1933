"""The code of notebooks: cells in order, as one text."""

from __future__ import annotations

import ast
import json
import warnings
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from seedlint.sources.magics import python_of_cell
from seedlint.sources.source import CellSpan, Problem, Source, split_lines


@dataclass(frozen=True, slots=True)
class Code:
    """The code cells of a notebook as one text of Python, as written, and where each lies in these."""

    text: str
    written: str
    cells: tuple[CellSpan, ...]


def code(data: bytes) -> Code:
    """The code of a notebook file. Raises ValueError for what is no notebook."""
    try:
        document = json.loads(data.decode("utf-8-sig"))
    except (UnicodeDecodeError, json.JSONDecodeError, RecursionError) as error:
        raise ValueError(str(error)) from None
    if not isinstance(document, dict):
        raise ValueError("it has no cells")
    cells = list(_cells(document))
    return joined(cells if _in_python(document) else [])


def joined(cells: Sequence[tuple[int, str]]) -> Code:
    """The code of numbered cells."""
    lines: list[str] = []
    written: list[str] = []
    spans = []
    for index, text in cells:
        own = split_lines(text)
        spans.append(CellSpan(index, len(lines) + 1, len(own)))
        lines += split_lines(python_of_cell(text))
        written += own
    return Code("\n".join(lines) + "\n", "\n".join(written) + "\n", tuple(spans))


def _cells(document: Mapping[str, Any]) -> Iterator[tuple[int, str]]:
    """(index among all cells, text) of each code cell, of format 4 or 3. Raises ValueError where there are none."""
    sheets = document.get("worksheets")
    holders = sheets if isinstance(sheets, list) and "cells" not in document else [document]
    listed = [holder.get("cells") if isinstance(holder, dict) else None for holder in holders]
    if not listed or not all(isinstance(cells, list) for cells in listed):
        raise ValueError("it has no cells")
    for index, cell in enumerate(cell for cells in listed for cell in cells or ()):
        if isinstance(cell, dict) and cell.get("cell_type") == "code":
            source = cell.get("source", cell.get("input", ""))
            yield index, "".join(map(str, source)) if isinstance(source, list) else str(source)


def _in_python(document: Mapping[str, Any]) -> bool:
    """Whether a notebook's language is Python, as far as it says."""
    metadata = document.get("metadata")
    if not isinstance(metadata, dict):
        return True
    for key, name in (("language_info", "name"), ("kernelspec", "language")):
        about = metadata.get(key)
        if isinstance(about, dict) and isinstance(about.get(name), str):
            return str(about[name]).lower() in ("python", "ipython", "python3")
    return True


def without_bad_cells(source: Source) -> tuple[Source, list[Problem]]:
    """(a notebook with the cells that cannot be parsed left empty, what is wrong with each of these)."""
    lines = list(source.lines())
    problems = []
    for cell in source.cells:
        own = slice(cell.first_line - 1, cell.first_line - 1 + cell.count)
        problem = _problem(source.path, cell.index, "\n".join(lines[own]))
        if problem is not None:
            problems.append(problem)
            lines[own] = [""] * cell.count
    return replace(source, text="\n".join(lines), _lines=[]), problems


def _problem(path: str, index: int, text: str) -> Problem | None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            ast.parse(text)
        except SyntaxError as error:
            return Problem(path, error.lineno or 1, error.offset or 1, f"cannot be parsed: {error.msg}", index)
        except (RecursionError, MemoryError, ValueError):
            return Problem(path, 1, 1, "cannot be parsed", index)
    return None
