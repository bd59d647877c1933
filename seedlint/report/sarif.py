"""Findings as SARIF 2.1.0, within the limits that GitHub sets."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any

from seedlint.rule import Edit, Finding, Place, Rule, Severity
from seedlint.sources.source import Source

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
MOST_RESULTS = 25_000
MOST_LOCATIONS = 1_000
LONGEST_MESSAGE = 1_000
_LEVELS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.NOTE: "note"}


def render(
    findings: Sequence[Finding], sources: Mapping[str, Source], rules: Sequence[tuple[type[Rule], str]], version: str
) -> str:
    """One SARIF log; `rules` pairs each rule with the text of its page."""
    seen: dict[tuple[str, ...], int] = {}
    results = []
    for finding in findings[:MOST_RESULTS]:
        key = fingerprint_key(finding, sources)
        number = seen[key] = seen.get(key, 0) + 1
        results.append(_result(finding, _hash((*key, str(number)))))
    driver = {
        "name": "seedlint",
        "version": version,
        "informationUri": "https://pypi.org/project/seedlint/",
        "rules": [_rule(rule, page) for rule, page in rules],
    }
    run = {"tool": {"driver": driver}, "columnKind": "unicodeCodePoints", "results": results}
    return json.dumps({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}, indent=1, ensure_ascii=False)


def fingerprint_key(finding: Finding, sources: Mapping[str, Source]) -> tuple[str, ...]:
    """What stays the same when lines move: the code, the callee and the text of the line."""
    source = sources.get(finding.place.path)
    text = ""
    if source is not None:
        offset = next((c.first_line - 1 for c in source.cells if c.index == finding.place.cell), 0)
        lines = source.written_lines()
        line = finding.place.line + offset
        text = lines[line - 1].strip() if 1 <= line <= len(lines) else ""
    return (finding.place.path, finding.code, finding.stream or "", finding.callee, text)


def _hash(key: Sequence[str]) -> str:
    return hashlib.blake2b("\0".join(key).encode(), digest_size=16).hexdigest()


def _rule(rule: type[Rule], page: str) -> dict[str, Any]:
    return {
        "id": rule.code,
        "name": rule.name,
        "shortDescription": {"text": rule.summary},
        "fullDescription": {"text": rule.summary},
        "help": {"text": page or rule.summary, "markdown": page or rule.summary},
        "defaultConfiguration": {"level": _LEVELS[rule.severity]},
        "properties": {"tags": ["reproducibility"]},
    }


def _result(finding: Finding, fingerprint: str) -> dict[str, Any]:
    cell = "" if finding.place.cell is None else f"In cell {finding.place.cell}: "
    text = f"{cell}{finding.message}. {finding.help}"[:LONGEST_MESSAGE]
    out: dict[str, Any] = {
        "ruleId": finding.code,
        "level": _LEVELS[finding.severity],
        "message": {"text": text},
        "locations": [{"physicalLocation": _physical(finding.place)}],
        "partialFingerprints": {"seedlint/v1": fingerprint},
        "properties": {"stream": finding.stream, "entry": finding.entry, "group": finding.group},
    }
    if finding.place.cell is not None:
        out["properties"]["cell"] = finding.place.cell
    if finding.trace:
        steps = [
            {
                "location": {
                    "physicalLocation": {
                        "artifactLocation": {"uri": uri(step.path)},
                        "region": {"startLine": step.line},
                    },
                    "message": {"text": step.text if step.cell is None else f"{step.text} (cell {step.cell})"},
                }
            }
            for step in finding.trace[:MOST_LOCATIONS]
        ]
        out["codeFlows"] = [{"threadFlows": [{"locations": steps}]}]
    if finding.fix is not None and finding.fix.edits:
        out["fixes"] = [{"description": {"text": finding.fix.message}, "artifactChanges": _changes(finding.fix.edits)}]
    return out


def _changes(edits: Sequence[Edit]) -> list[dict[str, Any]]:
    by_path: dict[str, list[dict[str, Any]]] = {}
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


def _physical(place: Place) -> dict[str, Any]:
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
    """A path as a URI reference."""
    from urllib.parse import quote

    return quote(path)
