"""Findings as one line each, as editors and `grep` read them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from seedlint.report.text import place
from seedlint.rule import Finding


def render(findings: Sequence[Finding]) -> Iterator[str]:
    """`path:line:column: CODE message` for each finding."""
    for finding in findings:
        yield f"{place(finding)}: {finding.code} {finding.message}"
