"""Fixture programs diverge, or do not, as their `expected.toml` says: each is run twice, in fresh processes.

A sample is run by default, all with `SEEDLINT_ALL_PROGRAMS=1`.
"""

from __future__ import annotations

import os

import pytest
from fixture_programs import Case, load_cases, run_case

SAMPLE_STEP = 24
CAN_RUN = [case for case in load_cases() if case.divergence is not None]
ALL = os.environ.get("SEEDLINT_ALL_PROGRAMS", "") not in ("", "0")


@pytest.mark.parametrize("case", CAN_RUN if ALL else CAN_RUN[::SAMPLE_STEP], ids=lambda case: case.name)
def test_two_runs_differ_exactly_where_expected(case: Case) -> None:
    first, second = run_case(case)
    if first.missing or second.missing:
        pytest.skip(f"{first.missing or second.missing} is not installed")
    assert not first.error, first.error
    assert not second.error, second.error
    assert first.results, "the program prints no result"
    assert (first.results != second.results) is case.divergence
