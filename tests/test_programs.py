"""Every fixture program gets exactly the findings that its `expected.toml` lists."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from fixture_programs import Case, Expected, copy_program, load_cases

from seedlint import api
from seedlint.config import Config
from seedlint.rule import Finding

CASES = load_cases()


def config_of(case: Case) -> Config:
    """The case's own configuration."""
    values: dict[str, Any] = {k: tuple(v) if isinstance(v, list) else v for k, v in case.config.items()}
    return Config(**{key.replace("-", "_"): value for key, value in values.items()})


def agrees(finding: Finding, expected: Expected) -> bool:
    """Whether a finding is the expected one: its place, code, stream if one is named, and what it mentions."""
    place = (finding.place.path, finding.place.line, finding.place.cell, finding.code)
    said = "\n".join((finding.message, finding.help, *(f"{s.path}:{s.line} {s.text}" for s in finding.trace)))
    return (
        place == (expected.path, expected.line, expected.cell, expected.code)
        and expected.stream in ("", finding.stream)
        and expected.severity in ("", finding.severity.value)
        and all(words in said for words in expected.mentions)
    )


def described(finding: Finding) -> str:
    """A finding in one line."""
    cell = "" if finding.place.cell is None else f"[{finding.place.cell}]"
    return f"{finding.place.path}{cell}:{finding.place.line} {finding.code} {finding.stream or ''} {finding.message}"


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_program_gets_exactly_the_expected_findings(
    case: Case, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    copy_program(case, tmp_path)
    monkeypatch.chdir(tmp_path)
    checked = api.check([Path()], config_of(case))
    assert not checked.problems
    missing = [row for row in case.findings if not any(agrees(finding, row) for finding in checked.findings)]
    more = [described(f) for f in checked.findings if not any(agrees(f, row) for row in case.findings)]
    assert (missing, more) == ([], []), f"found: {[described(f) for f in checked.findings]}"
    assert len(checked.findings) == len(case.findings)


def test_names_of_programs_say_what_they_show() -> None:
    assert all((case.folder / "README.md").read_text(encoding="utf-8").strip() for case in CASES)


def test_programs_that_cannot_run_say_why() -> None:
    assert [case.name for case in CASES if (case.divergence is None) != bool(case.why)] == []


def test_programs_that_run_print_a_result() -> None:
    silent = [case.name for case in CASES if case.divergence is not None and not _names_a_result(case.folder)]
    assert silent == []


def _names_a_result(folder: Path) -> bool:
    sources = (path for pattern in ("*.py", "*.ipynb", "*.pyw") for path in folder.rglob(pattern))
    return any("result" in path.read_text(encoding="utf-8", errors="replace") for path in sources)
