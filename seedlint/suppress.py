"""Comments that silence findings, and those that silence nothing."""

from __future__ import annotations

import io
import re
import tokenize
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from seedlint.rule import Finding, Place, Report, Rule, Severity
from seedlint.sources.source import Source

_CODES = r"[A-Z]+[0-9]+(?:[,\s]+[A-Z]+[0-9]+)*"
_NOQA = re.compile(rf"#\s*(?P<file>flake8[:=]\s*)?noqa\b(?P<codes>\s*:\s*{_CODES})?", re.IGNORECASE)
_IGNORE = re.compile(r"#\s*seedlint:\s*(?P<kind>ignore-file|ignore)\b(?:\s*\[(?P<codes>[^\]]*)\])?", re.IGNORECASE)
_CODE = re.compile(r"[A-Z]+[0-9]+", re.IGNORECASE)
_OWN = re.compile(r"seedlint:\s*ignore|noqa\s*:[^\n]*SDL", re.IGNORECASE)
_FAMILY = "SDL"
_SKIPPED = frozenset({tokenize.NL, tokenize.COMMENT, tokenize.INDENT, tokenize.DEDENT})


class UnusedSuppression(Rule):
    """A comment that silences nothing."""

    code = "SDL001"
    name = "unused-suppression"
    summary = "a comment that suppresses nothing"
    severity = Severity.NOTE

    def check(self, timeline: object) -> Iterable[Report]:
        """Nothing: what comments silence is known only when all rules have spoken."""
        return ()


@dataclass(slots=True)
class Comment:
    """One suppressing comment: its place, the lines it speaks for, and its codes (none: all).

    `judged` are the codes that it is reported for where they silence nothing, None if it is not.
    """

    line: int
    column: int
    end: int
    text: str
    codes: tuple[str, ...]
    judged: tuple[str, ...] | None
    everywhere: bool = False
    next_line: bool = False
    first: int = 0
    last: int = 0
    used: set[str] = field(default_factory=set)

    def silences(self, line: int, end: int, code: str) -> bool:
        """Whether it speaks for a finding on these lines; what it silences is kept in mind."""
        if not (self.everywhere or (self.first <= end and line <= self.last)):
            return False
        if not self.codes:
            self.used.add("")
            return True
        matching = [given for given in self.codes if code.startswith(given)]
        self.used.update(matching)
        return bool(matching)

    def unused(self) -> tuple[str, ...]:
        """The codes that silenced nothing; an empty text for a comment without codes."""
        return () if self.judged is None else tuple(code for code in self.judged if code not in self.used)


@dataclass(slots=True)
class Suppressed:
    """What remains, how many were silenced, and a note for each comment that silences nothing."""

    kept: list[Finding] = field(default_factory=list)
    silenced: int = 0
    unused: list[Finding] = field(default_factory=list)


def apply(
    findings: Iterable[Finding],
    sources: Mapping[str, Source],
    judged: Collection[str] = (),
    active: Callable[[str], bool] = lambda code: True,
) -> Suppressed:
    """Leave out the findings that comments silence.

    Comments in the files of `judged` that silence nothing are reported, unless they name only codes that
    are not `active`.
    """
    out = Suppressed()
    comments: dict[str, list[Comment]] = {}
    for finding in findings:
        path = finding.place.path
        source = sources.get(path)
        if source is not None and path not in comments:
            comments[path] = list(comments_of(source))
        if source is not None and _silenced(finding, source, comments[path]):
            out.silenced += 1
        else:
            out.kept.append(finding)
    for path in judged:
        source = sources.get(path)
        if source is not None and _OWN.search(source.text):
            for comment in comments[path] if path in comments else comments_of(source):
                codes = [code for code in comment.unused() if active(code)]
                if codes:
                    out.unused.append(_unused(source, comment, codes))
    return out


def _silenced(finding: Finding, source: Source, comments: list[Comment]) -> bool:
    place = finding.place
    line, end = source.line_of(place.cell, place.line), source.line_of(place.cell, place.end_line)
    hits = [comment.silences(line, end, finding.code) for comment in comments]
    return any(hits)


def comments_of(source: Source) -> Iterator[Comment]:
    """The suppressing comments of a file.

    A comment speaks for the whole statement that it stands in, `seedlint: ignore` on a line of its own for
    the next one.
    """
    if "noqa" not in source.text.lower() and "seedlint:" not in source.text.lower():
        return
    start = 0
    waiting: list[Comment] = []
    inside: list[Comment] = []
    try:
        for token in tokenize.generate_tokens(io.StringIO(source.text).readline):
            if token.type == tokenize.COMMENT:
                comment = _comment(token)
                if comment is not None:
                    (inside if start else waiting).append(comment)
            elif token.type == tokenize.NEWLINE:
                yield from _settled(inside, start, token.start[0])
                start, inside = 0, []
            elif not start and token.type not in _SKIPPED:
                start = token.start[0]
                inside = [comment for comment in waiting if comment.next_line]
                yield from _settled([comment for comment in waiting if not comment.next_line], 0, 0)
                waiting = []
    except (tokenize.TokenError, SyntaxError):
        pass
    yield from _settled([*inside, *waiting], 0, 0)


def _settled(comments: list[Comment], first: int, last: int) -> Iterator[Comment]:
    for comment in comments:
        comment.first, comment.last = first or comment.line, last or comment.line
        yield comment


def _comment(token: tokenize.TokenInfo) -> Comment | None:
    line, column = token.start
    match = _IGNORE.search(token.string)
    if match:
        codes = _codes(match["codes"])
        out = Comment(line, 0, 0, "", codes, codes or ("",), match["kind"].lower() == "ignore-file", next_line=True)
    else:
        match = _NOQA.search(token.string)
        if not match:
            return None
        codes = _codes(match["codes"])
        own = tuple(code for code in codes if code.startswith(_FAMILY))
        out = Comment(line, 0, 0, "", codes, own or None, bool(match["file"]))
    out.column, out.end, out.text = column + match.start(), column + match.end(), match[0]
    return out


def _codes(text: str | None) -> tuple[str, ...]:
    return tuple(code.upper() for code in _CODE.findall(text or ""))


def _unused(source: Source, comment: Comment, codes: list[str]) -> Finding:
    cell, line = source.locate(comment.line)
    what = ", ".join(code for code in codes if code)
    where = "in this file" if comment.everywhere else "here"
    whole = len(codes) == len(comment.codes or ("",))
    return Finding(
        place=Place(source.path, line, comment.column + 1, line, comment.end + 1, cell),
        code=UnusedSuppression.code,
        name=UnusedSuppression.name,
        severity=UnusedSuppression.severity,
        message=f"`{comment.text}` suppresses nothing{f' of {what}' if what else ''} {where}",
        help="Remove the comment." if whole else f"Remove {what} from the comment.",
        stream=None,
        entry=source.path,
        entries=0,
        group=f"{source.path}:{comment.line}:{comment.column}",
        trace=(),
    )
