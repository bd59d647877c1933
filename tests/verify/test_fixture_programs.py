"""Verdicts against what running the fixture programs twice shows; `SEEDLINT_ALL=1` takes all of them."""

from __future__ import annotations

import ast
import os
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from zlib import crc32

import pytest
from fixture_programs import Case, copy_program, load_cases

from seedlint.config import Config
from seedlint.engine import Analysis, analyze
from seedlint.rule import Outcome
from seedlint.sources.discover import discover
from verify.draws import all_draws, verified_together

ALL = bool(os.environ.get("SEEDLINT_ALL"))
OUTCOMES = {True: Outcome.DIVERGED, False: Outcome.IDENTICAL}
SILENT = frozenset({"SDL107", "SDL402", "SDL403", "SDL901", "SDL902", "SDL903"})
"""What these say is not, or not only, that two runs differ."""


def sample(cases: list[Case], step: int) -> list[Case]:
    """All cases where that is asked for, else some: the same ones whatever cases there are beside them."""
    return cases if ALL else [case for case in cases if crc32(case.name.encode()) % step == 0]


def can_import(case: Case) -> bool:
    """Whether the libraries that a program imports at its top level are installed here, or lie beside it."""
    for path in case.folder.rglob("*.py"):
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            names = [item.name for item in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom) and node.module and not node.level:
                names = [node.module]
            for top in {name.partition(".")[0] for name in names}:
                beside = any(case.folder.rglob(f"{top}.py")) or any(case.folder.rglob(f"{top}/"))
                if not beside and find_spec(top) is None:
                    return False
    return True


@pytest.fixture
def analysed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """Analyses a case in a folder of its own."""

    def analyse(case: Case) -> Analysis:
        folder = tmp_path / case.name
        copy_program(case, folder)
        monkeypatch.chdir(folder)
        config: dict[str, Any] = {
            key.replace("-", "_"): tuple(v) if isinstance(v, list) else v for key, v in case.config.items()
        }
        return analyze(discover([Path()])[0][0], Config(**config), evidence=True)

    yield analyse


def test_no_finding_of_a_program_that_diverges_is_called_identical_and_no_other_diverged(analysed: Any) -> None:
    """Each decisive verdict is what running the whole program showed, and nearly all are decisive."""
    shown = [case for case in load_cases() if case.divergence is not None and case.findings and can_import(case)]
    chosen = sample(shown, 4)
    projects = [(case, analysed(case)) for case in chosen]
    verified = verified_together([(done.findings, done.evidence) for _, done in projects])
    wrong, open_, decided = [], [], 0
    for (case, _), findings in zip(projects, verified, strict=True):
        assert case.divergence is not None
        for finding in findings:
            if finding.code in SILENT or finding.verdict is None:
                continue
            if finding.verdict.outcome is OUTCOMES[case.divergence]:
                decided += 1
            elif finding.verdict.outcome in OUTCOMES.values():
                wrong.append((case.name, finding.code, finding.place.line, finding.verdict))
            else:
                open_.append((case.name, finding.code, finding.verdict.detail))
    assert not wrong
    assert decided >= 0.9 * (decided + len(open_)), open_


def test_no_draw_of_a_seeded_program_diverges(analysed: Any) -> None:
    """Findings are made up for every draw of programs whose runs are the same."""
    chosen = [case for case in sample(load_cases(), 7) if case.divergence is False]
    projects = [(case, all_draws(analysed(case))) for case in chosen]
    verified = verified_together([made for _, made in projects])
    wrong = [
        f"{case.name}:{finding.place.line} {finding.callee} {finding.verdict.detail}"
        for (case, _), findings in zip(projects, verified, strict=True)
        for finding in findings
        if finding.verdict is not None and finding.verdict.outcome is Outcome.DIVERGED
    ]
    assert not wrong, "\n".join(wrong)
    assert sum(len(findings) for findings in verified) > len(chosen) / 2


def test_warm_processes_agree_with_cold_ones(analysed: Any) -> None:
    """A fork of a process that has imported everything shows what a fresh interpreter shows."""
    chosen = [case for case in sample(load_cases(), 24) if case.findings]
    made = [(done.findings, done.evidence) for done in map(analysed, chosen)]
    warm, cold = (verified_together(made, cold=cold) for cold in (False, True))
    other = [
        f"{case.name}:{mine.place.line} {mine.code}: {mine.verdict}, cold {theirs.verdict}"
        for case, *both in zip(chosen, warm, cold, strict=True)
        for mine, theirs in zip(*both, strict=True)
        if (mine.verdict and mine.verdict.outcome) != (theirs.verdict and theirs.verdict.outcome)
    ]
    assert not other, "\n".join(other)


def test_a_library_that_is_imported_within_the_flagged_call_is_known_to_the_control_run(analysed: Any) -> None:
    """Its stream is seeded as soon as it is there, and does not count as drawn from where it never comes."""
    names = {"dynamic/class-found-by-its-name", "dynamic/module-by-required-option"}
    chosen = [case for case in load_cases() if case.name in names]
    verified = verified_together([(done.findings, done.evidence) for done in map(analysed, chosen)], cold=True)
    outcomes = [(f.stream, f.verdict.outcome) for findings in verified for f in findings if f.verdict]
    assert sorted(outcomes) == [
        ("numpy", Outcome.DIVERGED),
        ("torch", Outcome.DIVERGED),
        ("torch", Outcome.NOT_REACHED),
    ]
