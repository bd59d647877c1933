"""Findings as annotations of a GitHub workflow."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from seedlint.rule import Finding, Severity
from seedlint.sources.source import Problem

_LEVELS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.NOTE: "notice"}


def render(findings: Sequence[Finding], problems: Sequence[Problem] = (), errors: Sequence[str] = ()) -> Iterator[str]:
    """One workflow command for each finding, and for what could not be checked."""
    for finding in findings:
        yield _finding(finding)
    for problem in problems:
        line = {"line": problem.line, "col": problem.column} if problem.line else {}
        where = "" if problem.cell is None else f"cell {problem.cell}: "
        yield _command("error", {"file": problem.path, **line, "title": "seedlint"}, where + problem.message)
    for error in errors:
        yield _command("error", {"title": "seedlint"}, error)


def _finding(finding: Finding) -> str:
    place = finding.place
    title = f"{finding.code} {finding.name}"
    if place.cell is not None:
        where = {"file": place.path, "title": f"{title} (cell {place.cell}, line {place.line})"}
        return _command(_LEVELS[finding.severity], where, f"{finding.message}. {finding.help}")
    properties = {
        "file": place.path,
        "line": place.line,
        "endLine": place.end_line,
        "col": place.column,
        "endColumn": place.end_column,
        "title": title,
    }
    return _command(_LEVELS[finding.severity], properties, f"{finding.message}. {finding.help}")


def _command(level: str, properties: Mapping[str, object], text: str) -> str:
    listed = ",".join(f"{key}={_property(str(value))}" for key, value in properties.items())
    return f"::{level} {listed}::{_data(text)}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
