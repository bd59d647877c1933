"""`--add-ignores REASON`: a comment on each line that has a finding."""

from __future__ import annotations

import io
import re
import sys
import tokenize
from collections.abc import Mapping
from pathlib import Path

from seedlint.api import Checked
from seedlint.cli import CLEAN, FAILED, Refused
from seedlint.commands.options import Options
from seedlint.commands.output import complain
from seedlint.sources.source import Source
from seedlint.suppress import UnusedSuppression

_EXISTING = re.compile(r"(#\s*seedlint:\s*ignore\s*\[)([^\]]*)(\])", re.IGNORECASE)
_LINE_ENDS = re.compile(r"(\r\n|\r|\n)")


def run(options: Options, checked: Checked) -> int:
    """Add `# seedlint: ignore[CODES] REASON` where findings stand; the exit status. Raises `Refused`."""
    reason = " ".join((options.add_ignores or "").split())
    wanted: dict[str, dict[int, set[str]]] = {}
    notebooks = set()
    for finding in checked.findings:
        source = checked.sources[finding.place.path]
        if finding.code == UnusedSuppression.code:
            continue
        if source.cells:
            notebooks.add(source.path)
        else:
            wanted.setdefault(source.path, {}).setdefault(finding.place.line, set()).add(finding.code)
    comments = sum(_annotate(checked.sources[path], lines, reason) for path, lines in wanted.items())
    print(f"Added {_count(comments, 'comment')} in {_count(len(wanted), 'file')}.")
    sys.stdout.flush()
    for path in sorted(notebooks):
        complain(f"{path}: a notebook; add its comments where it is edited")
    return FAILED if notebooks else CLEAN


def _annotate(source: Source, codes: Mapping[int, set[str]], reason: str) -> int:
    """Write a file anew with its comments and return how many were added or extended."""
    by_end: dict[int, set[str]] = {}
    ends = _statement_ends(source.text)
    for line, found in codes.items():
        by_end.setdefault(ends.get(line, line), set()).update(found)
    data = source.absolute.read_bytes().decode(source.encoding)
    parts = _LINE_ENDS.split(data)
    for line, found in by_end.items():
        index = 2 * (line - 1)
        parts[index] = _with_comment(parts[index], found, reason)
    _write(source.absolute, "".join(parts), source.encoding)
    return len(by_end)


def _with_comment(line: str, codes: set[str], reason: str) -> str:
    """A line with its comment; codes are added to one that it already has."""
    known = _EXISTING.search(line)
    if known:
        listed = sorted({*(code.strip() for code in known[2].split(",") if code.strip()), *codes})
        return f"{line[: known.start(2)]}{', '.join(listed)}{line[known.end(2) :]}"
    return f"{line.rstrip()}  # seedlint: ignore[{', '.join(sorted(codes))}] {reason}"


def _statement_ends(text: str) -> dict[int, int]:
    """The last line of the statement that each line belongs to, where a comment can stand."""
    out: dict[int, int] = {}
    start = 0
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type == tokenize.NEWLINE:
            out.update(dict.fromkeys(range(start, token.start[0] + 1), token.start[0]))
            start = 0
        elif not start and token.type not in (tokenize.NL, tokenize.COMMENT, tokenize.INDENT, tokenize.DEDENT):
            start = token.start[0]
    return out


def _write(path: Path, text: str, encoding: str) -> None:
    try:
        path.write_bytes(text.encode(encoding))
    except UnicodeEncodeError:
        raise Refused(f"{path}: the reason cannot be written in {encoding}") from None


def _count(count: int, word: str) -> str:
    return f"{count} {word}" if count == 1 else f"{count} {word}s"
