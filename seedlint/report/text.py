"""Findings as a person reads them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from seedlint.baseline import line_of
from seedlint.report.excerpt import excerpt
from seedlint.rule import Applicability, Finding, Severity, TraceStep
from seedlint.sources.source import Source

if TYPE_CHECKING:
    from seedlint.api import Checked

_COLORS = {"bold": "1", "red": "31", "yellow": "33", "blue": "34", "cyan": "36", "dim": "2", "green": "32"}
_BY_SEVERITY = {Severity.ERROR: "red", Severity.WARNING: "yellow", Severity.NOTE: "blue"}
MOST_PLACES = 12
"""Places of a group that are listed; the rest are counted."""
MOST_STEPS = 12
"""Steps of a path that are shown; of a longer one the middle is counted."""


class Painter:
    """Adds colours where they are wanted."""

    def __init__(self, color: bool) -> None:
        self.color = color

    def __call__(self, text: str, *styles: str) -> str:
        if not self.color or not text:
            return text
        codes = ";".join(_COLORS[style] for style in styles)
        return f"\x1b[{codes}m{text}\x1b[0m"


def render(
    findings: Sequence[Finding], sources: Mapping[str, Source], color: bool = False, width: int = 120
) -> Iterator[str]:
    """Each group's first finding in full, then the places of its others."""
    paint = Painter(color)
    groups: dict[str, list[Finding]] = {}
    for finding in findings:
        groups.setdefault(finding.group, []).append(finding)
    for members in groups.values():
        yield from _finding(members[0], sources, paint, width)
        if len(members) > 1:
            yield from _wrapped("also:", [*_others(members), *_outcomes(members[1:])], "; ", paint, "dim", width)
        yield ""


def _finding(finding: Finding, sources: Mapping[str, Source], paint: Painter, width: int) -> Iterator[str]:
    color = _BY_SEVERITY[finding.severity]
    head = f"{paint(place(finding), 'bold')}: {paint(finding.code, color, 'bold')} {finding.name}"
    if finding.fix is not None:
        head += f" {paint(_mark(finding), 'cyan')}"
    yield head.rstrip()
    yield f"  {finding.message}"
    yield from _code(finding, sources, paint, width)
    if len(finding.trace) > 1:
        yield from _wrapped("path:", trace(finding), " -> ", paint, "dim", width)
    if finding.entries > 1:
        others = finding.entries - 1
        yield f"  {paint('entries:', 'dim')} {others} more {'entry leads' if others == 1 else 'entries lead'} here"
    if finding.verdict is not None:
        detail = f": {finding.verdict.detail}" if finding.verdict.detail else ""
        yield f"  {paint('verified:', 'cyan')} {finding.verdict.outcome.value}{detail}"
        if finding.verdict.first or finding.verdict.second:
            yield f"    run 1: {finding.verdict.first}"
            yield f"    run 2: {finding.verdict.second}"
    yield f"  {paint('help:', 'green')} {finding.help}"


def _mark(finding: Finding) -> str:
    assert finding.fix is not None
    marks = {Applicability.SAFE: "[--fix]", Applicability.UNSAFE: "[--fix --unsafe-fixes]"}
    return marks.get(finding.fix.applicability, "")


def place(finding: Finding) -> str:
    """`path:line:column`, with the cell of a notebook."""
    where = finding.place
    cell = "" if where.cell is None else f":cell {where.cell}"
    return f"{where.path}{cell}:{where.line}:{where.column}"


def trace(finding: Finding) -> list[str]:
    """The steps from the entry to what is found; a file is named where it is not that of the step before."""
    out: list[str] = []
    before: TraceStep | None = None
    for step in finding.trace[:-1]:
        cell = "" if step.cell is None else f"cell {step.cell}:"
        if before is None or step.path != before.path:
            out.append(f"{step.path}:{cell}{step.line} {step.text}")
        elif (step.line, step.cell) != (before.line, before.cell):
            out.append(f"{cell or 'line '}{step.line} {step.text}")
        else:
            out.append(step.text)
        before = step
    if len(out) >= MOST_STEPS:
        half = MOST_STEPS // 2
        out[half : -half + 1] = [f"... {len(out) - MOST_STEPS + 1} more ..."]
    return [*out, finding.trace[-1].text]


def _code(finding: Finding, sources: Mapping[str, Source], paint: Painter, width: int) -> Iterator[str]:
    source = sources.get(finding.place.path)
    text = line_of(finding, source) if source is not None else ""
    if not text.strip():
        return
    where = finding.place
    number = str(where.line)
    end = where.end_column if where.end_line == where.line else len(text.rstrip()) + 1
    shown, carets = excerpt(text, where.column - 1, end - 1, width - len(number) - 5)
    yield f"  {paint(number + ' |', 'dim')} {shown}"
    yield f"  {' ' * len(number)} {paint('|', 'dim')} {paint(carets, _BY_SEVERITY[finding.severity])}"


def _wrapped(label: str, parts: Sequence[str], between: str, paint: Painter, style: str, width: int) -> Iterator[str]:
    """Parts behind a label; on several lines where they do not fit on one."""
    indent = " " * (len(label) + 3)
    line, first = "", True
    for index, part in enumerate(parts):
        piece = part if index == 0 else f"{between}{part}"
        if line and len(indent) + len(line) + len(piece) > width:
            yield f"  {paint(label, style)} {line}" if first else f"{indent}{line}"
            line, first = piece.lstrip() if between != "; " else part, False
        else:
            line += piece
    yield f"  {paint(label, style)} {line}" if first else f"{indent}{line}"


def _outcomes(members: Sequence[Finding]) -> list[str]:
    """How the verdicts on findings that are not shown in full are counted."""
    counts = Counter(finding.verdict.outcome for finding in members if finding.verdict is not None)
    return [f"verified: {', '.join(f'{count} {outcome.value}' for outcome, count in counts.items())}"] if counts else []


def _others(members: Sequence[Finding]) -> list[str]:
    """The places of a group's other findings, by file; the file of the first needs no name."""
    first, *rest = members
    files: dict[tuple[str, int | None], list[int]] = {}
    for finding in rest[:MOST_PLACES]:
        lines = files.setdefault((finding.place.path, finding.place.cell), [])
        if finding.place.line not in lines and not _same_line(finding, first):
            lines.append(finding.place.line)
    out = ["again on this line"] if any(_same_line(finding, first) for finding in rest) else []
    files = {file: lines for file, lines in files.items() if lines}
    for (path, cell), lines in files.items():
        numbers = f"{_plural('line', len(lines))} {', '.join(map(str, lines))}"
        name = "" if path == first.place.path else f"{path} "
        out.append(f"{name}{'' if cell is None else f'cell {cell} '}{numbers}")
    if len(rest) > MOST_PLACES:
        out.append(f"and {len(rest) - MOST_PLACES} more")
    return out


def _same_line(one: Finding, other: Finding) -> bool:
    a, b = one.place, other.place
    return (a.path, a.cell, a.line) == (b.path, b.cell, b.line)


def closing(checked: Checked, terminal: bool, color: bool) -> Iterator[str]:
    """The last lines: what can be done next, for whoever looks at a terminal, and what was counted."""
    paint = Painter(color)
    fixable = [finding.fix.applicability for finding in checked.findings if finding.fix is not None]
    safe, unsafe = fixable.count(Applicability.SAFE), fixable.count(Applicability.UNSAFE)
    if safe or unsafe:
        more = f"{unsafe} {'more ' if safe else ''}with --fix --unsafe-fixes" if unsafe else ""
        yield paint("; ".join(filter(None, [f"{safe} can be fixed with --fix" if safe else "", more])), "cyan")
    if terminal and checked.findings:
        code = checked.findings[0].code
        yield paint(f"seedlint --explain {code} says why; # seedlint: ignore[{code}] reason silences a line.", "dim")
    yield summary(checked)


def summary(checked: Checked) -> str:
    """What was found, and where was looked."""
    findings = checked.findings
    looked = f"{_count(checked.files, 'file')}, {_count(checked.entries, 'entry')}"
    extra = [
        f"{count} {text}"
        for count, text in (
            (checked.hidden, "in tests not shown (--tests)"),
            (checked.suppressed, "suppressed"),
            (checked.baselined, "in the baseline"),
            (len(checked.problems), _plural("problem", len(checked.problems))),
            (len(checked.errors), f"{_plural('error', len(checked.errors))} above"),
        )
        if count
    ]
    tail = f"; {', '.join(extra)}" if extra else ""
    if not checked.files and not checked.problems and not checked.errors:
        return "No Python files or notebooks found; name a folder or files that hold some."
    if not findings and not checked.files:
        return f"Nothing was checked{tail}."
    if not findings:
        return f"No findings in {looked}{tail}."
    counts = ", ".join(
        _count(number, severity.value)
        for severity in Severity
        if (number := sum(1 for finding in findings if finding.severity is severity))
    )
    return f"{_count(len(findings), 'finding')} ({counts}) in {looked}{tail}."


def _count(count: int, word: str) -> str:
    return f"{count} {_plural(word, count)}"


def _plural(word: str, count: int) -> str:
    if count == 1:
        return word
    return word[:-1] + "ies" if word.endswith("y") else word + "s"
