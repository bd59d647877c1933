"""Comments that silence findings, and those that silence nothing."""

from __future__ import annotations

import io
import re
import tokenize
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from seedlint.rule import Finding, Place, Severity
from seedlint.sources.source import Source

UNUSED = "SDL001"
_NOQA = re.compile(r"#\s*noqa\b(?P<codes>:\s*[A-Z]+[0-9]+(?:[,\s]+[A-Z]+[0-9]+)*)?", re.IGNORECASE)
_IGNORE = re.compile(r"#\s*seedlint:\s*(?P<kind>ignore-file|ignore)(?:\[(?P<codes>[^\]]*)\])?", re.IGNORECASE)
_CODE = re.compile(r"[A-Z]+[0-9]+", re.IGNORECASE)


@dataclass(slots=True)
class Comment:
    """One suppressing comment: the lines it speaks for, its codes (none: all), whether it did anything."""

    first: int
    last: int
    column: int
    end: int
    codes: tuple[str, ...]
    own: bool
    used: bool = False

    def covers(self, line: int, end: int, code: str) -> bool:
        """Whether it silences a finding on these lines."""
        meets = self.first <= end and line <= self.last
        return meets and (not self.codes or any(code.startswith(c) for c in self.codes))


@dataclass(slots=True)
class Suppressed:
    """What remains, how many were silenced, and the comments that silenced none."""

    kept: list[Finding] = field(default_factory=list)
    silenced: int = 0


def apply(findings: Iterable[Finding], sources: Mapping[str, Source], report_unused: bool = True) -> Suppressed:
    """Leave out the findings that comments silence; add a note for each comment that silences none."""
    out = Suppressed()
    comments = {path: found for path, source in sources.items() if (found := comments_of(source))}
    for finding in findings:
        source = sources.get(finding.place.path)
        if source is not None and _silenced(finding, source, comments.get(finding.place.path, [])):
            out.silenced += 1
        else:
            out.kept.append(finding)
    if report_unused:
        for path, found in comments.items():
            out.kept += [_unused(sources[path], comment) for comment in found if comment.own and not comment.used]
    return out


def _silenced(finding: Finding, source: Source, comments: list[Comment]) -> bool:
    offset = next((c.first_line - 1 for c in source.cells if c.index == finding.place.cell), 0)
    line, end = finding.place.line + offset, finding.place.end_line + offset
    hit = False
    for comment in comments:
        if comment.covers(line, end, finding.code):
            comment.used = hit = True
    return hit


def comments_of(source: Source) -> list[Comment]:
    """The suppressing comments of a file; a comment speaks for the whole statement that it stands in."""
    if "noqa" not in source.text.lower() and "seedlint:" not in source.text:
        return []
    out: list[Comment] = []
    start = 1
    pending: list[Comment] = []
    try:
        for token in tokenize.generate_tokens(io.StringIO(source.text).readline):
            if token.type == tokenize.COMMENT:
                comment = _comment(token.string, token.start[0], token.start[1], len(source.lines()))
                if comment is not None:
                    (out if comment.last > comment.first else pending).append(comment)
            elif token.type in (tokenize.NEWLINE, tokenize.ENDMARKER):
                for comment in pending:
                    comment.first, comment.last = min(start, comment.first), token.end[0]
                out += pending
                pending = []
                start = token.end[0] + 1
            elif token.type == tokenize.NL and not pending:
                start = start if _inside(source, start, token.end[0]) else token.end[0] + 1
    except (tokenize.TokenError, IndentationError, SyntaxError):
        return out + pending
    return out + pending


def _inside(source: Source, start: int, line: int) -> bool:
    """Whether a line break lies inside a statement that has begun."""
    return any(text.strip() and not text.lstrip().startswith("#") for text in source.lines()[start - 1 : line])


def _comment(text: str, line: int, column: int, length: int) -> Comment | None:
    match = _IGNORE.search(text)
    if match:
        codes = tuple(code.upper() for code in _CODE.findall(match["codes"] or ""))
        first, last = (1, max(length, 2)) if match["kind"].lower() == "ignore-file" else (line, line)
        return Comment(first, last, column + match.start(), column + match.end(), codes, True)
    match = _NOQA.search(text)
    if match:
        codes = tuple(code.upper() for code in _CODE.findall(match["codes"] or ""))
        own = bool(codes) and all(code.startswith("SDL") for code in codes)
        return Comment(line, line, column + match.start(), column + match.end(), codes, own)
    return None


def _unused(source: Source, comment: Comment) -> Finding:
    line = comment.last if comment.last - comment.first < len(source.lines()) - 1 else 1
    cell, shown = source.locate(line)
    place = Place(source.path, shown, comment.column + 1, shown, comment.end + 1, cell)
    what = ", ".join(comment.codes) or "anything"
    return Finding(
        place=place,
        code=UNUSED,
        name="unused-suppression",
        severity=Severity.NOTE,
        message=f"this comment suppresses nothing: no finding of {what} stands here",
        help="Remove it.",
        stream=None,
        entry=source.path,
        entries=0,
        group=f"{source.path}:{comment.last}",
        trace=(),
    )
