"""Findings as JSON: an array of objects."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from seedlint.rule import Edit, Finding, Fix, TraceStep, Verdict


def render(findings: Sequence[Finding]) -> str:
    """The findings as one JSON array."""
    return json.dumps([as_dict(finding) for finding in findings], indent=1, ensure_ascii=False)


def as_dict(finding: Finding) -> dict[str, Any]:
    """One finding as JSON holds it."""
    place = finding.place
    return {
        "path": place.path,
        "line": place.line,
        "column": place.column,
        "end_line": place.end_line,
        "end_column": place.end_column,
        "cell": place.cell,
        "code": finding.code,
        "name": finding.name,
        "severity": finding.severity.value,
        "message": finding.message,
        "help": finding.help,
        "stream": finding.stream,
        "entry": finding.entry,
        "entries": finding.entries,
        "group": finding.group,
        "trace": [{"path": s.path, "cell": s.cell, "line": s.line, "text": s.text} for s in finding.trace],
        "fix": None if finding.fix is None else _fix(finding.fix),
        "verdict": None if finding.verdict is None else _verdict(finding.verdict),
    }


def _step(step: TraceStep) -> dict[str, Any]:
    out: dict[str, Any] = {"path": step.path, "line": step.line, "text": step.text}
    if step.cell is not None:
        out["cell"] = step.cell
    return out


def _fix(fix: Fix) -> dict[str, Any]:
    out: dict[str, Any] = {"applicability": fix.applicability.value, "message": fix.message}
    if fix.reason:
        out["reason"] = fix.reason
    out["edits"] = [_edit(edit) for edit in fix.edits]
    return out


def _edit(edit: Edit) -> dict[str, Any]:
    return {
        "path": edit.path,
        "cell": edit.cell,
        "start": {"line": edit.start[0], "column": edit.start[1]},
        "end": {"line": edit.end[0], "column": edit.end[1]},
        "content": edit.content,
    }


def _verdict(verdict: Verdict) -> dict[str, Any]:
    return {
        "outcome": verdict.outcome.value,
        "detail": verdict.detail,
        "first": verdict.first,
        "second": verdict.second,
        "device": verdict.device,
        "runs": verdict.runs,
    }
