"""Verifies findings: plans, launches, judges."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from seedlint.engine import Evidence
from seedlint.rule import Finding, Outcome, Verdict
from seedlint.verify import judge, launch
from seedlint.verify.plan import Entry, Options, PlanError, entries_of, make_plan
from seedlint.verify.witness import witnesses

Progress = Callable[[dict[str, Any]], None]


def quiet(message: dict[str, Any]) -> None:
    """Progress that nobody asked for."""


def verify(
    findings: Sequence[Finding], evidence: Evidence, options: Options, progress: Progress = quiet
) -> list[Finding]:
    """The findings of one project, each with its verdict."""
    return verify_all([(findings, evidence)], options, progress)[0]


def verify_all(
    projects: Sequence[tuple[Sequence[Finding], Evidence]], options: Options, progress: Progress = quiet
) -> list[list[Finding]]:
    """The findings of some projects, each with its verdict; all are run in one launch.

    Raises `PlanError` when `options.run` is none of their entries.
    """
    device = device_of(options)
    planned = [(entries_of(findings, evidence, device, options.run), evidence) for findings, evidence in projects]
    entries = [entry for group, _ in planned for entry in group]
    if options.run and not any(entry.given for entry in entries):
        raise PlanError(f"--run {options.run!r}: its first word is no file of the project that has findings")
    known: dict[int, Verdict] = {}
    if entries:
        progress({"entries": len(entries), "processes": processes(entries, options)})
        try:
            document = launch.launch(
                make_plan([p for p in planned if p[0]], replace(options, device=device)), options, progress
            )
            known = {id(finding): verdict for finding, verdict in judge.verdicts(entries, document, device)}
        except launch.LaunchError as error:
            reason = Verdict(Outcome.COULD_NOT_RUN, str(error), device=device, runs=0)
            known = {id(finding): reason for entry in entries for finding, _ in entry.findings}
    return [
        [replace(f, verdict=known.get(id(f)) or _untried(f, evidence, device)) for f in findings]
        for findings, evidence in projects
    ]


def device_of(options: Options) -> str:
    """The device that the runs may use; `auto` is CUDA where this machine has it, or what a launcher reaches may."""
    if options.device != "auto":
        return options.device
    if options.launcher:
        return "cuda"
    return "cuda" if Path("/dev/nvidia0").exists() and os.environ.get("CUDA_VISIBLE_DEVICES") != "" else "cpu"


def processes(entries: Sequence[Entry], options: Options) -> int:
    """How many runs there will be, control runs included where every entry diverges."""
    return len(entries) * (max(2, options.runs) + 2)


def _untried(finding: Finding, evidence: Evidence, device: str) -> Verdict:
    """Why a finding was not run."""
    found = evidence.found.get((finding.place, finding.code, finding.stream))
    if found is None or not found.timeline.reached:
        return Verdict(Outcome.NOT_REACHED, "no entry of the project leads here", device=device, runs=0)
    needs = any(witness.needs for witness in witnesses(found))
    reason = "needs a CUDA device" if needs else "nothing that can be compared is on the path"
    if not needs and found.report.stream == "cuda":
        reason = "nothing that computes on CUDA is on the path"
    return Verdict(Outcome.COULD_NOT_RUN, reason, device=device, runs=0)
