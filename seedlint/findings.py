"""Turns what rules report on timelines into findings: one for each place, code and stream."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from seedlint.flow.state import Spot
from seedlint.flow.timeline import Moment, Timeline
from seedlint.rule import Finding, Place, Report, Rule, Severity, TraceStep
from seedlint.sources.source import Source


@dataclass(slots=True)
class Found:
    """The reports of one place, code and stream: the first that is as bad as any, and how many entries agree."""

    rule: type[Rule]
    report: Report
    timeline: Timeline
    entries: set[str]


def collect(timelines: Iterable[Timeline], rules: Iterable[type[Rule]]) -> list[Found]:
    """Ask every rule about every timeline; reached entries come first."""
    found: dict[tuple[Spot, str, str | None], Found] = {}
    chosen = [rule() for rule in rules]
    for timeline in timelines:
        for rule in chosen:
            for report in rule.check(timeline):
                key = key_of(type(rule), report)
                known = found.get(key)
                if known is None:
                    found[key] = Found(type(rule), report, timeline, {timeline.path})
                elif timeline.reached:
                    known.entries.add(timeline.path)
                    if report.severity is Severity.ERROR is not known.report.severity:
                        found[key] = Found(type(rule), report, timeline, known.entries)
    return list(found.values())


def key_of(rule: type[Rule], report: Report) -> tuple[Spot, str, str | None]:
    """What reports of one finding share: the place, a draw or the rule's code, the stream."""
    return (report.moment.spot, "draw" if report.moment.kind == "draw" else rule.code, report.stream)


def to_finding(found: Found, sources: Mapping[str, Source]) -> Finding:
    """The finding of a report; `sources` maps module names to their files."""
    report, timeline, rule = found.report, found.timeline, found.rule
    moment = report.moment
    entry = sources[timeline.entry].path
    return Finding(
        place=place_of(moment.spot, sources),
        code=rule.code,
        name=rule.name,
        severity=report.severity,
        message=_with_paths(report.message, timeline, sources),
        help=_with_paths(report.help, timeline, sources),
        stream=report.stream,
        entry=entry,
        entries=len(found.entries),
        group=_group(rule.code, entry, report),
        trace=tuple(_trace(moment, sources)),
        callee=moment.callee,
        reached=timeline.reached,
    )


def _with_paths(text: str, timeline: Timeline, sources: Mapping[str, Source]) -> str:
    """Name files as the working directory sees them, not as the project's root does."""
    if ".ipynb:" in text:
        text = _with_cells(text, sources)
    source = sources[timeline.entry]
    if source.path == source.root_path:
        return text
    for spelled, other in {s.root_path: s.path for s in sources.values() if s.root_path in text}.items():
        text = text.replace(f" {spelled}", f" {other}")
    return text


def _with_cells(text: str, sources: Mapping[str, Source]) -> str:
    """Count the lines of notebooks within their cells."""
    for source in sources.values():
        if source.cells and f"{source.root_path}:" in text:
            parts = re.split(rf"(?<![\w/]){re.escape(source.root_path)}:(\d+)", text)
            for i in range(1, len(parts), 2):
                cell, line = source.locate(int(parts[i]))
                parts[i] = f"{source.root_path}:cell {cell}:{line}"
            text = "".join(parts)
    return text


def _group(code: str, entry: str, report: Report) -> str:
    """Findings with one cause share a group: the same entry, code and missing line, and as bad as each other."""
    text = f"{entry}:{code}:{report.cause or report.stream}:{report.severity.value}"
    return hashlib.blake2b(text.encode(), digest_size=6).hexdigest()


def _trace(moment: Moment, sources: Mapping[str, Source]) -> Iterable[TraceStep]:
    for step in moment.chain[1:]:
        yield _step(step.spot, step.text, sources)
    yield _step(moment.inner, moment.callee, sources)


def _step(spot: Spot, text: str, sources: Mapping[str, Source]) -> TraceStep:
    source = sources[spot.module]
    cell, line = source.locate(spot.pos[0])
    return TraceStep(source.path, line, text, cell)


def place_of(spot: Spot, sources: Mapping[str, Source]) -> Place:
    """The place of a spot: columns count characters, lines count within a notebook's cell."""
    source = sources[spot.module]
    line, column, end_line, end_column = spot.pos
    cell, first = source.locate(line)
    _, last = source.locate(end_line)
    lines = source.lines()
    if (line, column) == (end_line, end_column):
        text = lines[line - 1] if line <= len(lines) else ""
        column = len(text) - len(text.lstrip())
        return Place(source.path, first, column + 1, last, len(text.rstrip()) + 1, cell)
    return Place(
        source.path,
        first,
        characters(lines, line, column) + 1,
        last,
        characters(lines, end_line, end_column) + 1,
        cell,
    )


def characters(lines: list[str], line: int, column: int) -> int:
    """A column counted in characters, from one counted in UTF-8 bytes."""
    if not 1 <= line <= len(lines) or lines[line - 1].isascii():
        return column
    return len(lines[line - 1].encode("utf-8")[:column].decode("utf-8", "ignore"))
