"""Findings made up for every draw, and projects verified together."""

from __future__ import annotations

from seedlint.config import Config
from seedlint.engine import Analysis, Evidence, knowledge_for
from seedlint.findings import Found, to_finding
from seedlint.flow.run import timelines
from seedlint.program.entries import entries
from seedlint.rule import Finding, Report, Rule, Severity
from seedlint.verify.command import verify_all
from seedlint.verify.plan import Options


class AnyDraw(Rule):
    """Every draw of a program, so that what is seeded is run as well."""

    code = "SDL000"
    name = "any-draw"
    summary = "a draw"


def verified_together(projects: list[tuple[list[Finding], Evidence | None]], cold: bool = False) -> list[list[Finding]]:
    """The findings of some projects with their verdicts, from one launch."""
    known = [(findings, evidence) for findings, evidence in projects if evidence is not None]
    assert len(known) == len(projects)
    return verify_all(known, Options(cold=cold, timeout=60.0, jobs=2))


def all_draws(done: Analysis) -> tuple[list[Finding], Evidence | None]:
    """A finding for each draw of a program that a seed reaches."""
    evidence = done.evidence
    assert evidence is not None
    lines, _ = timelines(evidence.program, knowledge_for(Config(), None), entries(evidence.program, tests=True))
    findings = []
    for line in lines:
        for moment in line.of("draw") if line.reached else ():
            if moment.stream not in ("random", "numpy", "torch") or moment.exposure not in ("covered", "conditional"):
                continue
            report = Report(moment, "", "", Severity.ERROR, moment.stream)
            found = Found(AnyDraw, report, line, {line.path})
            finding = to_finding(found, evidence.modules)
            evidence.found[(finding.place, finding.code, finding.stream)] = found
            findings.append(finding)
    return findings, evidence
