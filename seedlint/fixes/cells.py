"""Changes inside the JSON of a notebook: only the strings that hold the changed lines are written anew."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from json.decoder import scanstring  # type: ignore[attr-defined]

from seedlint.sources.source import Source
from seedlint.syntax.positions import Change, Offsets

_SPACE = re.compile(r"[ \t\n\r]*")
_DECODER = json.JSONDecoder()


@dataclass(frozen=True, slots=True)
class _Item:
    """One string of a cell's source: where it lies in the JSON, and its text."""

    start: int
    end: int
    text: str


def patch(data: bytes, source: Source, changes: Sequence[Change]) -> bytes:
    """The notebook's bytes with the changes made. Raises ValueError where its JSON is not as expected."""
    bom = data.startswith(b"\xef\xbb\xbf")
    document = data.decode("utf-8-sig")
    offsets = Offsets(source)
    sources = _cell_sources(document)
    by_cell: dict[int, list[Change]] = {}
    for change in changes:
        line, _ = offsets.place(change.start)
        index, _ = source.locate(line)
        if index is None or index != source.locate(offsets.place(change.end)[0])[0]:
            raise ValueError("a change reaches beyond its cell")
        first = next(cell.first_line for cell in source.cells if cell.index == index)
        text = "".join(item.text for item in sources[index]).replace("\r\n", "\n").replace("\r", "\n")
        own = Change(
            _written(offsets, text, first, change.start), _written(offsets, text, first, change.end), change.content
        )
        by_cell.setdefault(index, []).append(own)
    replaced: list[tuple[int, int, str]] = []
    for index, wanted in by_cell.items():
        replaced += _patched(document, sources[index], wanted)
    for start, end, text in sorted(replaced, reverse=True):
        document = document[:start] + text + document[end:]
    return (b"\xef\xbb\xbf" if bom else b"") + document.encode("utf-8")


def _written(offsets: Offsets, cell: str, first: int, offset: int) -> int:
    """The place in a cell as it is written, where magics have other lengths than what is parsed in their place."""
    line, column = offsets.place(offset)
    lines = cell.split("\n")
    row = line - first
    return sum(len(text) + 1 for text in lines[:row]) + column_in(lines[row], offsets.lines[line - 1], column)


def column_in(written: str, parsed: str, column: int) -> int:
    """A column counted from 0 of a line as it is written; the end of what is parsed is its end."""
    return len(written) if column - 1 >= len(parsed) else column - 1


def _patched(document: str, items: list[_Item], changes: list[Change]) -> list[tuple[int, int, str]]:
    """The JSON to put in the place of strings that the changes touch."""
    out: list[tuple[int, int, str]] = []
    ascii_only = document.isascii()
    groups: dict[tuple[int, int], list[Change]] = {}
    starts = [0]
    for item in items:
        starts.append(starts[-1] + len(item.text.replace("\r\n", "\n")))
    for change in changes:
        first = max(i for i in range(len(items)) if starts[i] <= change.start)
        end = max(change.end - 1, change.start)
        last = max(i for i in range(len(items)) if starts[i] <= end)
        groups.setdefault((first, max(first, last)), []).append(change)
    for (first, last), own in _joined(groups).items():
        text = "".join(item.text.replace("\r\n", "\n") for item in items[first : last + 1])
        new = apply_to(text, [Change(c.start - starts[first], c.end - starts[first], c.content) for c in own])
        if len(items) == 1 and document[items[0].start - 1 : items[0].start] != "[" and not _listed(document, items[0]):
            out.append((items[0].start, items[0].end, json.dumps(new, ensure_ascii=ascii_only)))
            continue
        if not new and last - first + 1 < len(items):
            start = items[first - 1].end if first else items[0].start
            out.append((start, items[last].end if first else items[last + 1].start, ""))
            continue
        between = document[items[0].end : items[1].start] if len(items) > 1 else ", "
        lines = new.splitlines(keepends=True) or [""]
        shown = between.join(json.dumps(line, ensure_ascii=ascii_only) for line in lines)
        out.append((items[first].start, items[last].end, shown))
    return out


def _listed(document: str, item: _Item) -> bool:
    """Whether a string is an item of a list."""
    return document[: item.start].rstrip().endswith("[")


def _joined(groups: dict[tuple[int, int], list[Change]]) -> dict[tuple[int, int], list[Change]]:
    """Groups of strings that overlap become one."""
    out: list[tuple[int, int, list[Change]]] = []
    for (first, last), changes in sorted(groups.items()):
        if out and first <= out[-1][1]:
            begin, end, known = out[-1]
            out[-1] = (begin, max(end, last), known + changes)
        else:
            out.append((first, last, list(changes)))
    return {(first, last): changes for first, last, changes in out}


def apply_to(text: str, changes: Sequence[Change]) -> str:
    """A text with the changes made; of those at one place, in the given order."""
    ordered = sorted(enumerate(changes), key=lambda item: (item[1].start, item[1].end, item[0]))
    out, at = [], 0
    for _, change in ordered:
        out += [text[at : change.start], change.content]
        at = change.end
    return "".join([*out, text[at:]])


def _cell_sources(document: str) -> list[list[_Item]]:
    """The strings of each cell's source, where they lie."""
    at = _member(document, _skip(document, 0), "cells")
    out: list[list[_Item]] = []
    for start in _elements(document, at):
        place = _member(document, start, "source", missing=-1)
        if place < 0:
            out.append([])
        elif document[place] == '"':
            text, end = scanstring(document, place + 1)
            out.append([_Item(place, end, text)])
        else:
            items = []
            for item in _elements(document, place):
                text, end = scanstring(document, item + 1)
                items.append(_Item(item, end, text))
            out.append(items)
    return out


def _skip(document: str, at: int) -> int:
    match = _SPACE.match(document, at)
    assert match is not None
    return match.end()


def _member(document: str, at: int, wanted: str, missing: int | None = None) -> int:
    """Where the value of an object's key begins; of a key that is there twice, the last, as json has it."""
    if document[at] != "{":
        raise ValueError("not an object")
    found = missing
    at = _skip(document, at + 1)
    while document[at] != "}":
        key, at = scanstring(document, at + 1)
        at = _skip(document, _skip(document, at) + 1)
        if key == wanted:
            found = at
        _, at = _DECODER.raw_decode(document, at)
        at = _skip(document, at)
        if document[at] == ",":
            at = _skip(document, at + 1)
    if found is None:
        raise ValueError(f"no {wanted}")
    return found


def _elements(document: str, at: int) -> list[int]:
    """Where the items of a list begin."""
    if document[at] != "[":
        raise ValueError("not a list")
    out = []
    at = _skip(document, at + 1)
    while document[at] != "]":
        out.append(at)
        _, at = _DECODER.raw_decode(document, at)
        at = _skip(document, at)
        if document[at] == ",":
            at = _skip(document, at + 1)
    return out
