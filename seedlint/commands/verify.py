"""`--verify`: runs the code of each finding twice and adds what that showed."""

from __future__ import annotations

import os
import shutil
import sys
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from seedlint.api import Checked
from seedlint.cli import Refused
from seedlint.commands.options import Options
from seedlint.rule import Finding, Outcome
from seedlint.verify import command, plan, reasons


def run(options: Options, checked: Checked) -> None:
    """Give each finding its verdict, in place. Raises `Refused` for what cannot be run at all."""
    projects = by_project(checked.findings, checked)
    told = _Told()
    try:
        verified = command.verify_all(projects, settings(options), told)
    except plan.PlanError as error:
        raise Refused(str(error)) from None
    finally:
        told.clear()
    known = {_key(finding): finding for findings in verified for finding in findings}
    checked.findings[:] = [known.get(_key(finding), finding) for finding in checked.findings]
    told.close(checked.findings)
    if options.keep is not None:
        print(f"What was run is in {options.keep}; each folder's run.json says how.", file=sys.stderr)


def by_project(findings: list[Finding], checked: Checked) -> list[tuple[list[Finding], Any]]:
    """The findings of each project, with what they rest on."""
    out = []
    for judged in checked.judged:
        evidence = judged.analysis.evidence
        mine = [finding for finding in findings if finding.place.path in judged.analysis.sources]
        if evidence is not None and mine:
            out.append((mine, evidence))
    return out


def settings(options: Options) -> plan.Options:
    """How to verify, as the command line says."""
    return plan.Options(
        python=options.python or interpreter(),
        launcher=options.launcher or "",
        device=options.device,
        runs=options.runs,
        timeout=options.timeout,
        jobs=options.jobs or max(1, os.cpu_count() or 1),
        keep=str(options.keep.resolve()) if options.keep else "",
        run=options.run or "",
        environment=tuple(options.pass_env),
    )


def interpreter() -> str:
    """The interpreter of the active environment, else this one."""
    active = os.environ.get("VIRTUAL_ENV") or os.environ.get("CONDA_PREFIX")
    if active and not Path(sys.executable).is_relative_to(active):
        return shutil.which("python", path=str(Path(active, "bin"))) or sys.executable
    return sys.executable


def _key(finding: Finding) -> tuple[Any, ...]:
    return finding.place, finding.code, finding.stream


class _Told:
    """Says what runs, on one line of standard error that is written over."""

    def __init__(self) -> None:
        self.terminal = sys.stderr.isatty()
        self.done = self.total = 0

    def __call__(self, message: dict[str, Any]) -> None:
        """Take note of what happens."""
        if "entries" in message:
            self.total = message["entries"]
            runs = "entry" if self.total == 1 else "entries"
            print(
                f"Verifying: {self.total} {runs}, at most {message['processes']} runs, each in a process of its own.",
                file=sys.stderr,
            )
        if "fences" in message:
            self.clear()
            print(fences(message["fences"]), file=sys.stderr)
        self.done += "done" in message
        if self.terminal and "running" in message:
            width = shutil.get_terminal_size().columns - 1
            text = f"{self.done}/{self.total} {message['running']}"[:width]
            print(f"\r\x1b[K{text}", end="", file=sys.stderr, flush=True)

    def clear(self) -> None:
        """Take the line away."""
        if self.terminal:
            print("\r\x1b[K", end="", file=sys.stderr, flush=True)

    def close(self, findings: list[Finding]) -> None:
        """Count the verdicts."""
        counts = Counter(finding.verdict.outcome for finding in findings if finding.verdict is not None)
        if counts:
            text = ", ".join(f"{counts[outcome]} {outcome.value}" for outcome in Outcome if counts[outcome])
            print(f"Verified: {text}.", file=sys.stderr)
        for line in reasons.grouped(findings):
            print(f"  {line}", file=sys.stderr)


def fences(up: Mapping[str, bool]) -> str:
    """Which fences hold a run, and which this system does not allow."""
    named = {"network": "no network", "writes": "no writes outside a copy of the project"}
    held = ["limited time, memory, output and processes", *(text for name, text in named.items() if up.get(name))]
    missing = [text for name, text in named.items() if not up.get(name)]
    return f"Fences: {', '.join(held)}." + (f" Not possible here: {', '.join(missing)}." if missing else "")
