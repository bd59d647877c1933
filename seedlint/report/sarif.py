"""Findings as SARIF 2.1.0, within the limits that GitHub sets."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote

from seedlint.baseline import line_of
from seedlint.rule import Applicability, Edit, Finding, Place, Rule, Severity, TraceStep
from seedlint.sources.source import Problem, Source

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
MOST_RESULTS = 5_000
"""GitHub keeps no more; the gravest ones are given."""
MOST_LOCATIONS = 1_000
LONGEST_MESSAGE = 1_000
_LEVELS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.NOTE: "note"}
_GRAVITY = {Severity.ERROR: 0, Severity.WARNING: 1, Severity.NOTE: 2}
_Json = dict[str, Any]


def render(
    findings: Sequence[Finding],
    sources: Mapping[str, Source],
    rules: Sequence[tuple[type[Rule], str]],
    version: str,
    problems: Sequence[Problem] = (),
    errors: Sequence[str] = (),
) -> str:
    """One SARIF log; `rules` pairs each rule with the text of its page, the rest is what could not be checked."""
    index = {rule.code: number for number, (rule, _) in enumerate(rules)}
    run = {
        "tool": {
            "driver": {
                "name": "seedlint",
                "version": version,
                "informationUri": "https://pypi.org/project/seedlint/",
                "rules": [_rule(rule, page) for rule, page in rules],
            }
        },
        "columnKind": "unicodeCodePoints",
        "invocations": [_invocation(problems, errors)],
        "results": _results(findings, sources, index),
    }
    return json.dumps({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}, indent=1, ensure_ascii=False)


def _results(findings: Sequence[Finding], sources: Mapping[str, Source], rules: Mapping[str, int]) -> list[_Json]:
    """The results by place; the occurrences of one fingerprint are numbered."""
    by_gravity = sorted(range(len(findings)), key=lambda number: _GRAVITY[findings[number].severity])
    kept = set(by_gravity[:MOST_RESULTS])
    seen: dict[tuple[str, ...], int] = {}
    out = []
    for number, finding in enumerate(findings):
        key = _fingerprint_key(finding, sources)
        seen[key] = seen.get(key, 0) + 1
        if number in kept:
            out.append(_result(finding, _hash((*key, str(seen[key]))), rules))
    return out


def _fingerprint_key(finding: Finding, sources: Mapping[str, Source]) -> tuple[str, ...]:
    """What stays the same when lines move: the code, the callee and the text of the line."""
    source = sources.get(finding.place.path)
    text = line_of(finding, source).strip() if source is not None else ""
    return (finding.place.path, finding.code, finding.stream or "", finding.callee, text)


def _hash(key: Sequence[str]) -> str:
    return hashlib.blake2b("\0".join(key).encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()


def _rule(rule: type[Rule], page: str) -> _Json:
    text = page or rule.summary
    return {
        "id": rule.code,
        "name": rule.name,
        "shortDescription": {"text": rule.summary},
        "fullDescription": {"text": rule.summary},
        "help": {"text": text, "markdown": text},
        "defaultConfiguration": {"enabled": rule.default, "level": _LEVELS[rule.severity]},
        "properties": {"tags": ["reproducibility"]},
    }


def _invocation(problems: Sequence[Problem], errors: Sequence[str]) -> _Json:
    """Whether everything could be checked, with what could not."""
    notes: list[_Json] = [{"level": "error", "message": {"text": error}} for error in errors]
    for problem in problems:
        location: _Json = {"artifactLocation": {"uri": uri(problem.path)}}
        if problem.line and problem.cell is None:
            location["region"] = {"startLine": problem.line, "startColumn": max(1, problem.column)}
        cell = "" if problem.cell is None else f"cell {problem.cell}, line {problem.line}: "
        message = {"text": cell + problem.message}
        notes.append({"level": "error", "message": message, "locations": [{"physicalLocation": location}]})
    out: _Json = {"executionSuccessful": not notes}
    if notes:
        out["toolExecutionNotifications"] = notes
    return out


def _result(finding: Finding, fingerprint: str, rules: Mapping[str, int]) -> _Json:
    out: _Json = {
        "ruleId": finding.code,
        "level": _LEVELS[finding.severity],
        "message": {"text": _shortened(f"{_cell(finding.place.cell)}{finding.message}. {finding.help}")},
        "locations": [{"physicalLocation": _physical(finding.place)}],
        "partialFingerprints": {"seedlint/v1": fingerprint},
        "properties": {"stream": finding.stream, "entry": finding.entry, "group": finding.group},
    }
    if finding.code in rules:
        out["ruleIndex"] = rules[finding.code]
    if finding.place.cell is not None:
        out["properties"]["cell"] = finding.place.cell
    if finding.verdict is not None:
        out["properties"]["verdict"] = finding.verdict.outcome.value
    if finding.trace:
        steps = [{"location": _step(step)} for step in finding.trace[:MOST_LOCATIONS]]
        out["codeFlows"] = [{"threadFlows": [{"locations": steps}]}]
    fix = finding.fix
    if fix is not None and fix.edits and fix.applicability is not Applicability.DISPLAY:
        out["fixes"] = [{"description": {"text": fix.message}, "artifactChanges": _changes(fix.edits)}]
    return out


def _shortened(text: str) -> str:
    return text if len(text) <= LONGEST_MESSAGE else text[: LONGEST_MESSAGE - 3] + "..."


def _cell(cell: int | None) -> str:
    return "" if cell is None else f"cell {cell}: "


def _step(step: TraceStep) -> _Json:
    place = {"artifactLocation": {"uri": uri(step.path)}, "region": {"startLine": step.line}}
    return {"physicalLocation": place, "message": {"text": _shortened(_cell(step.cell) + step.text)}}


def _changes(edits: Sequence[Edit]) -> list[_Json]:
    by_path: dict[str, list[_Json]] = {}
    for edit in edits:
        region = {
            "startLine": edit.start[0],
            "startColumn": edit.start[1],
            "endLine": edit.end[0],
            "endColumn": edit.end[1],
        }
        change = {"deletedRegion": region, "insertedContent": {"text": edit.content}}
        by_path.setdefault(edit.path, []).append(change)
    return [{"artifactLocation": {"uri": uri(path)}, "replacements": items} for path, items in by_path.items()]


def _physical(place: Place) -> _Json:
    return {
        "artifactLocation": {"uri": uri(place.path)},
        "region": {
            "startLine": place.line,
            "startColumn": place.column,
            "endLine": place.end_line,
            "endColumn": place.end_column,
        },
    }


def uri(path: str) -> str:
    """A path as a URI reference; one that starts at the root as a `file:` URI."""
    quoted = quote(os.fsencode(path))
    return f"file://{quoted}" if path.startswith("/") else quoted
