"""Findings as a person reads them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from seedlint.rule import Applicability, Finding, Severity
from seedlint.sources.source import Source

_COLOURS = {"bold": "1", "red": "31", "yellow": "33", "blue": "34", "cyan": "36", "dim": "2", "green": "32"}
_BY_SEVERITY = {Severity.ERROR: "red", Severity.WARNING: "yellow", Severity.NOTE: "blue"}
MOST_PLACES = 12
"""Places of a group that are listed; the rest are counted."""


class Painter:
    """Adds colours where they are wanted."""

    def __init__(self, colour: bool) -> None:
        self.colour = colour

    def __call__(self, text: str, *styles: str) -> str:
        if not self.colour or not text:
            return text
        codes = ";".join(_COLOURS[style] for style in styles)
        return f"\x1b[{codes}m{text}\x1b[0m"


def render(findings: Sequence[Finding], sources: Mapping[str, Source], colour: bool = False) -> Iterator[str]:
    """Each group's first finding in full, then the places of its others."""
    paint = Painter(colour)
    groups: dict[str, list[Finding]] = {}
    for finding in findings:
        groups.setdefault(finding.group, []).append(finding)
    for members in groups.values():
        yield from _finding(members[0], sources, paint)
        if len(members) > 1:
            yield f"  {paint('also:', 'dim')} {_others(members[1:])}"
        yield ""


def _finding(finding: Finding, sources: Mapping[str, Source], paint: Painter) -> Iterator[str]:
    colour = _BY_SEVERITY[finding.severity]
    head = f"{paint(place(finding), 'bold')}: {paint(finding.code, colour, 'bold')} {finding.name}"
    if finding.fix is not None:
        head += f" {paint(_mark(finding), 'cyan')}"
    yield head
    yield f"  {finding.message}"
    yield from _code(finding, sources, paint)
    if len(finding.trace) > 1:
        yield f"  {paint('path:', 'dim')} {trace(finding)}"
    if finding.entries > 1:
        yield f"  {paint('also from:', 'dim')} {finding.entries - 1} other {_plural('entry', finding.entries - 1)}"
    yield f"  {paint('help:', 'green')} {finding.help}"
    if finding.verdict is not None:
        detail = f": {finding.verdict.detail}" if finding.verdict.detail else ""
        yield f"  {paint('verified:', 'cyan')} {finding.verdict.outcome.value}{detail}"
        if finding.verdict.first or finding.verdict.second:
            yield f"    run 1: {finding.verdict.first}"
            yield f"    run 2: {finding.verdict.second}"


def _mark(finding: Finding) -> str:
    assert finding.fix is not None
    marks = {Applicability.SAFE: "[--fix]", Applicability.UNSAFE: "[--unsafe-fixes]"}
    return marks.get(finding.fix.applicability, "")


def place(finding: Finding) -> str:
    """`path:line:column`, with the cell of a notebook."""
    where = finding.place
    return f"{where.path}{_cell(where.cell)}:{where.line}:{where.column}"


def _cell(cell: int | None) -> str:
    return "" if cell is None else f":cell {cell}"


def trace(finding: Finding) -> str:
    """The path from the entry: `train.py:88 main -> build.py:12 make_model -> torch.nn.Linear`."""
    steps = [f"{step.path}{_cell(step.cell)}:{step.line} {step.text}" for step in finding.trace[:-1]]
    return " -> ".join([*steps, finding.trace[-1].text])


def _code(finding: Finding, sources: Mapping[str, Source], paint: Painter) -> Iterator[str]:
    source = sources.get(finding.place.path)
    if source is None:
        return
    where = finding.place
    offset = next((cell.first_line - 1 for cell in source.cells if cell.index == where.cell), 0)
    lines = source.written_lines()
    if not 1 <= where.line + offset <= len(lines):
        return
    text = lines[where.line + offset - 1]
    end = where.end_column if where.end_line == where.line else len(text) + 1
    shown = text.replace("\t", " ")
    cut = len(shown) - len(shown.lstrip())
    number = str(where.line)
    width = max(1, min(end, len(text) + 1) - where.column)
    yield f"  {paint(number + ' |', 'dim')} {shown[cut:]}"
    carets = " " * (where.column - 1 - cut) + "^" * width
    yield f"  {' ' * len(number)} {paint('|', 'dim')} {paint(carets, _BY_SEVERITY[finding.severity])}"


def _others(findings: Sequence[Finding]) -> str:
    shown = [f"{_short(finding, i, findings)}" for i, finding in enumerate(findings[:MOST_PLACES])]
    rest = len(findings) - len(shown)
    return ", ".join(shown) + (f" and {rest} more" if rest else "")


def _short(finding: Finding, index: int, findings: Sequence[Finding]) -> str:
    """The place, without the path where it is that of the one before."""
    same = index > 0 and findings[index - 1].place.path == finding.place.path
    cell = "" if finding.place.cell is None else f"cell {finding.place.cell}:"
    return f"{cell}{finding.place.line}" if same else f"{finding.place.path}:{cell}{finding.place.line}"


def summary(findings: Sequence[Finding], files: int, entries: int, hidden: int, suppressed: int, baselined: int) -> str:
    """The last line: what was found, and where was looked."""
    looked = f"{files} {_plural('file', files)}, {entries} {_plural('entry', entries)}"
    extra = [
        f"{count} {text}"
        for count, text in (
            (hidden, "in tests not shown (--tests)"),
            (suppressed, "suppressed"),
            (baselined, "in the baseline"),
        )
        if count
    ]
    tail = f"; {', '.join(extra)}" if extra else ""
    if not findings:
        return f"No findings in {looked}{tail}."
    counts = ", ".join(
        f"{count} {_plural(severity.value, count)}"
        for severity in Severity
        if (count := sum(1 for finding in findings if finding.severity is severity))
    )
    return f"{len(findings)} {_plural('finding', len(findings))} ({counts}) in {looked}{tail}."


def _plural(word: str, count: int) -> str:
    if count == 1:
        return word
    return word[:-1] + "ies" if word.endswith("y") else word + "s"
