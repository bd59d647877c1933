"""`--add-ignores REASON`: a comment on each line that has a finding."""

from __future__ import annotations

import io
import re
import sys
import tokenize
from collections.abc import Mapping

from seedlint.api import Checked
from seedlint.cli import CLEAN, FAILED
from seedlint.commands.options import Options
from seedlint.commands.output import complain
from seedlint.fixes.apply import Changed, patched, write
from seedlint.sources.source import Source
from seedlint.suppress import UnusedSuppression
from seedlint.syntax.positions import Change, Offsets

_EXISTING = re.compile(r"(#\s*seedlint:\s*ignore\s*\[)([^\]]*)(\])", re.IGNORECASE)


def run(options: Options, checked: Checked) -> int:
    """Add `# seedlint: ignore[CODES] REASON` where findings stand; the exit status."""
    reason = " ".join((options.add_ignores or "").split())
    wanted: dict[str, dict[int, set[str]]] = {}
    for finding in checked.findings:
        if finding.code != UnusedSuppression.code:
            source = checked.sources[finding.place.path]
            line = source.line_of(finding.place.cell, finding.place.line)
            wanted.setdefault(source.path, {}).setdefault(line, set()).add(finding.code)
    added: list[int] = []
    refused: list[str] = []
    for path, lines in wanted.items():
        try:
            added.append(_annotate(checked.sources[path], lines, reason))
        except UnicodeEncodeError as error:
            refused.append(f"{path}: the reason cannot be written in {error.encoding}")
        except (Changed, OSError, ValueError) as error:
            why = "it has changed since it was read" if isinstance(error, Changed) else error
            refused.append(f"{path}: not written: {why}")
    print(f"Added {_count(sum(added), 'comment')} in {_count(len(added), 'file')}.")
    sys.stdout.flush()
    for line_ in refused:
        complain(line_)
    return FAILED if refused else CLEAN


def _annotate(source: Source, codes: Mapping[int, set[str]], reason: str) -> int:
    """Write a file anew with its comments and return how many were added or extended.

    Raises `Changed`, OSError, and ValueError for what cannot be written back.
    """
    by_end: dict[int, set[str]] = {}
    ends = _statement_ends(source.text)
    for line, found in codes.items():
        by_end.setdefault(ends.get(line, line), set()).update(found)
    offsets, written = Offsets(source), source.written_lines()
    changes = []
    for line, found in by_end.items():
        parsed = offsets.lines[line - 1]
        start, end, content = _comment(parsed, found, reason, as_written=parsed == written[line - 1])
        changes.append(Change(offsets.line_start(line) + start, offsets.line_start(line) + end, content))
    before = source.absolute.read_bytes()
    write(source.absolute, before, patched(before, source, changes))
    return len(by_end)


def _comment(line: str, codes: set[str], reason: str, as_written: bool) -> tuple[int, int, str]:
    """What to put in the place of which columns; codes are added to a comment that a line already has.

    Of a magic, which is parsed as another line than is written, only the end is known.
    """
    known = _EXISTING.search(line)
    if known and as_written:
        listed = sorted({*(code.strip() for code in known[2].split(",") if code.strip()), *codes})
        return known.start(2), known.end(2), ", ".join(listed)
    end = len(line)
    return len(line.rstrip()) if as_written else end, end, f"  # seedlint: ignore[{', '.join(sorted(codes))}] {reason}"


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


def _count(count: int, word: str) -> str:
    return f"{count} {word}" if count == 1 else f"{count} {word}s"
