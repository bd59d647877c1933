"""What holds of every fix: it parses, is done once, takes its findings away and brings no others."""

from __future__ import annotations

import ast
from collections import Counter
from pathlib import Path

import libcst
import pytest
from fixture_programs import Case, copy_program, load_cases

from seedlint.api import write
from seedlint.rule import Applicability, Finding
from seedlint.sources.read import decode
from seedlint.sources.source import Source

from .programs import OF_SEEDED, checked, config_of, fixed, kept_lines

CASES = load_cases()


def keys(findings: list[Finding]) -> Counter[tuple[str, str]]:
    return Counter((finding.place.path, finding.code) for finding in findings if finding.code not in OF_SEEDED)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_fixing_a_program(case: Case, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    copy_program(case, tmp_path)
    monkeypatch.chdir(tmp_path)
    config = config_of(case)
    before = checked(Path(), config)
    result = fixed(Path(), config)

    for path, data in result.after.items():
        source = decode(data, path, Path(), path.name)
        assert isinstance(source, Source)
        ast.parse(source.text)
        libcst.parse_module(source.text)
        assert kept_lines(result.before[path], data)

    assert not list(write(result))
    after = checked(Path(), config)
    assert keys(after.findings) <= keys(before.findings)
    assert len(after.findings) == len(result.remaining)

    assert not fixed(Path(), config).after


@pytest.mark.parametrize("case", CASES[::5], ids=lambda case: case.name)
def test_every_fix_that_is_not_safe_says_why(case: Case, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    copy_program(case, tmp_path)
    monkeypatch.chdir(tmp_path)
    for finding in checked(Path(), config_of(case)).findings:
        if finding.fix is not None and finding.fix.applicability is not Applicability.SAFE:
            assert finding.fix.reason
