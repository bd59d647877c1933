"""The fixes that a report shows beside its findings."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import TYPE_CHECKING

from seedlint.config import Config
from seedlint.findings import key_of
from seedlint.fixes.book import Book
from seedlint.fixes.plan import Key, choices, fixes
from seedlint.rule import Finding

if TYPE_CHECKING:
    from seedlint.engine import Evidence


def marked(evidence: Evidence, findings: Iterable[Finding], config: Config, tests: Iterable[str]) -> list[Finding]:
    """The findings, each with the fix that is planned for it, unproven."""
    shown = list(findings)
    book = book_of(evidence, config, tests)
    keys = {finding: evidence_key(evidence, finding) for finding in shown}
    found = fixes(book, choices(book, evidence.rules, {key for key in keys.values() if key is not None}))
    return [replace(f, fix=found.get(key)) if (key := keys[f]) is not None else f for f in shown]


def book_of(evidence: Evidence, config: Config, tests: Iterable[str]) -> Book:
    """What plans are made on; tests are entries only where they are judged."""
    hidden = set() if config.tests else set(tests)
    lines = [line for line in evidence.timelines if evidence.modules[line.entry].path not in hidden]
    return Book(evidence.program, evidence.knowledge, evidence.modules, lines, config.seed)


def evidence_key(evidence: Evidence, finding: Finding) -> Key | None:
    found = evidence.found.get((finding.place, finding.code, finding.stream))
    return key_of(found.rule, found.report) if found is not None else None
