"""Findings that a project has agreed to live with, kept in a file."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path

from seedlint.rule import Finding
from seedlint.sources.source import Source

VERSION = 1
_Key = tuple[str, str, str]


class BaselineError(Exception):
    """A baseline cannot be read or written; the text is `path:line: what is wrong`."""


class Baseline:
    """Known findings: how many of each code stand on lines of the same text in each file.

    Lines may move, and other lines may change, without making a known finding new.
    """

    def __init__(self, path: Path, counts: Mapping[_Key, int]) -> None:
        self.folder = path.resolve().parent
        self.counts = dict(counts)

    def new(self, findings: Iterable[Finding], sources: Mapping[str, Source]) -> list[Finding]:
        """The findings that are not known."""
        left = Counter(self.counts)
        out = []
        for finding in findings:
            key = key_of(finding, sources, self.folder)
            if left[key] > 0:
                left[key] -= 1
            else:
                out.append(finding)
        return out


def key_of(finding: Finding, sources: Mapping[str, Source], folder: Path) -> _Key:
    """(path from a folder, code, text of the line): what stays the same when lines move."""
    source = sources.get(finding.place.path)
    if source is None:
        return finding.place.path, finding.code, ""
    path = os.path.relpath(source.absolute, folder).replace(os.sep, "/")
    return path, finding.code, line_of(finding, source).strip()


def line_of(finding: Finding, source: Source) -> str:
    """The line that a finding stands on, as it was written."""
    lines = source.written_lines()
    number = source.line_of(finding.place.cell, finding.place.line)
    return lines[number - 1] if 1 <= number <= len(lines) else ""


def read(path: Path) -> Baseline:
    """Read a baseline. Raises `BaselineError`."""
    import json

    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        hint = "; write it with --write-baseline" if isinstance(error, FileNotFoundError) else ""
        raise BaselineError(f"{path}: cannot be read: {error.strerror or error}{hint}") from None
    except json.JSONDecodeError as error:
        raise BaselineError(f"{path}:{error.lineno}:{error.colno}: not a baseline: {error.msg}") from None
    except (UnicodeDecodeError, RecursionError):
        raise BaselineError(f"{path}: not a baseline") from None
    if not isinstance(data, dict) or data.get("version") != VERSION:
        raise BaselineError(
            f"{path}:1: not a baseline of this version of seedlint; write it anew with --write-baseline"
        )
    try:
        rows = {(row["path"], row["code"], row["line"]): int(row.get("count", 1)) for row in data["findings"]}
    except (KeyError, TypeError, ValueError, AttributeError):
        raise BaselineError(f"{path}: a finding lacks `path`, `code` or `line`") from None
    return Baseline(path, rows)


def write(path: Path, findings: Iterable[Finding], sources: Mapping[str, Source]) -> int:
    """Write a baseline of some findings and return their number; one line for each text. Raises `BaselineError`."""
    import json

    folder = path.resolve().parent
    counts = Counter(key_of(finding, sources, folder) for finding in findings)
    rows = []
    for (name, code, line), count in sorted(counts.items()):
        row: dict[str, object] = {"path": name, "code": code, "line": line}
        if count > 1:
            row["count"] = count
        rows.append("  " + json.dumps(row, ensure_ascii=False))
    listed = "[\n" + ",\n".join(rows) + "\n ]" if rows else "[]"
    try:
        path.write_text(f'{{\n "version": {VERSION},\n "findings": {listed}\n}}\n', encoding="utf-8", errors="replace")
    except OSError as error:
        raise BaselineError(f"{path}: cannot be written: {error.strerror or error}") from None
    return sum(counts.values())
