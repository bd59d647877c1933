"""Findings as annotations of a GitHub workflow."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from seedlint.rule import Finding, Severity

_LEVELS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.NOTE: "notice"}


def render(findings: Sequence[Finding]) -> Iterator[str]:
    """One workflow command for each finding."""
    for finding in findings:
        place = finding.place
        properties = {
            "file": place.path,
            "line": place.line,
            "endLine": place.end_line,
            "col": place.column,
            "endColumn": place.end_column,
            "title": f"{finding.code} {finding.name}",
        }
        if place.cell is not None:
            properties["title"] = f"{finding.code} {finding.name} (cell {place.cell})"
        listed = ",".join(f"{key}={_property(str(value))}" for key, value in properties.items())
        yield f"::{_LEVELS[finding.severity]} {listed}::{_data(f'{finding.message}. {finding.help}')}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
