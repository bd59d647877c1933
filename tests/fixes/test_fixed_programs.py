"""A program of which nothing is found any more after it was fixed comes out the same twice.

A sample is run by default, all with `SEEDLINT_ALL_PROGRAMS=1`.
"""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import pytest
from fixture_programs import Case, copy_program, load_cases, run_case

from seedlint.api import write

from .programs import config_of, fixed

SAMPLE_STEP = 24
DIVERGES = [case for case in load_cases() if case.divergence]
ALL = os.environ.get("SEEDLINT_ALL_PROGRAMS", "") not in ("", "0")


@pytest.mark.parametrize("case", DIVERGES if ALL else DIVERGES[::SAMPLE_STEP], ids=lambda case: case.name)
def test_two_runs_of_a_fixed_program_agree(case: Case, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    copy_program(case, tmp_path)
    monkeypatch.chdir(tmp_path)
    result = fixed(Path(), config_of(case))
    assert not list(write(result))
    if result.remaining or not result.fixed:
        pytest.skip("something is left that only its author can decide")
    first, second = run_case(replace(case, folder=tmp_path))
    if first.missing or second.missing:
        pytest.skip(f"{first.missing or second.missing} is not installed")
    assert not first.error, first.error
    assert first.results
    assert first.results == second.results
