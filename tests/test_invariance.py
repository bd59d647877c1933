"""Findings do not depend on the order of the paths, the working directory, or the number of processes."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

import pytest
from fixture_programs import load_cases
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from seedlint import api
from seedlint.config import Config
from seedlint.index import build
from seedlint.rule import Finding

CASES = [case for case in load_cases() if len(list(case.folder.glob("**/*.py"))) > 1 and not case.config]
Known = frozenset[tuple[object, ...]]


@contextmanager
def working_in(folder: Path) -> Iterator[None]:
    """Work in a folder for a while."""
    before = Path.cwd()
    os.chdir(folder)
    try:
        yield
    finally:
        os.chdir(before)


def known(findings: list[Finding], sources: dict[str, object]) -> Known:
    """What is found, by places that do not depend on the working directory."""

    def real(path: str) -> str:
        return str(sources[path].absolute)  # type: ignore[attr-defined]

    return frozenset(
        (
            real(f.place.path),
            (f.place.line, f.place.column, f.place.end_line, f.place.end_column, f.place.cell),
            (f.code, f.stream, f.severity, f.entries),
            real(f.entry),
            tuple((real(step.path), step.line, step.text) for step in f.trace),
        )
        for f in findings
    )


@pytest.fixture(scope="module")
def programs(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Copies of the programs of several files, each a project of its own."""
    root = tmp_path_factory.mktemp("programs")
    folders = []
    for number, case in enumerate(CASES):
        folder = root / f"p{number}"
        for source in sorted(case.folder.glob("**/*.py")):
            target = folder / source.relative_to(case.folder)
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(source.read_bytes())
        (folder / "pyproject.toml").write_text("")
        folders.append(folder)
    return folders


@cache
def whole(folder: Path) -> Known:
    """What is found in a whole program, from its own folder, in one process."""
    with working_in(folder):
        checked = api.check([Path()], Config())
        return known(checked.findings, checked.sources)  # type: ignore[arg-type]


RELAXED = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def test_there_are_programs_with_findings(programs: list[Path]) -> None:
    assert sum(bool(whole(folder)) for folder in programs) > 10


@RELAXED
@given(data=st.data())
def test_the_order_of_files_does_not_matter(programs: list[Path], data: st.DataObject) -> None:
    folder = data.draw(st.sampled_from(programs))
    files = data.draw(st.permutations(sorted(folder.glob("**/*.py"))))
    checked = api.check(files, Config())
    assert known(checked.findings, checked.sources) == whole(folder)  # type: ignore[arg-type]
    assert checked.findings == api.check(sorted(files), Config()).findings


@RELAXED
@given(data=st.data())
def test_some_files_get_the_findings_that_they_get_among_all(programs: list[Path], data: st.DataObject) -> None:
    folder = data.draw(st.sampled_from(programs))
    files = data.draw(st.lists(st.sampled_from(sorted(folder.glob("**/*.py"))), min_size=1, unique=True))
    checked = api.check(files, Config())
    names = {str(file.resolve()) for file in files}
    expected = {row for row in whole(folder) if row[0] in names}
    assert known(checked.findings, checked.sources) == expected  # type: ignore[arg-type]


@RELAXED
@given(data=st.data())
def test_the_order_of_projects_does_not_matter(programs: list[Path], data: st.DataObject) -> None:
    folders = data.draw(st.lists(st.sampled_from(programs), min_size=1, max_size=4, unique=True))
    checked = api.check(folders, Config())
    expected = frozenset().union(*map(whole, folders))
    assert known(checked.findings, checked.sources) == expected  # type: ignore[arg-type]
    assert checked.findings == api.check(folders[::-1], Config()).findings


@RELAXED
@given(data=st.data())
def test_the_working_directory_does_not_matter(programs: list[Path], data: st.DataObject) -> None:
    folder = data.draw(st.sampled_from(programs))
    inside = [path for path in folder.glob("**/") if path.is_dir()]
    with working_in(data.draw(st.sampled_from([folder.parent, Path("/"), programs[0], *inside]))):
        checked = api.check([Path(os.path.relpath(folder))], Config())
        found = known(checked.findings, checked.sources)  # type: ignore[arg-type]
    assert found == whole(folder)


@pytest.mark.parametrize("jobs", [2, 3])
def test_the_number_of_processes_does_not_matter(
    programs: list[Path], jobs: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(build, "BYTES_FOR_PROCESSES", 0)
    for folder in [folder for folder in programs if whole(folder)][:6]:
        checked = api.check([folder], Config(), jobs=jobs)
        assert known(checked.findings, checked.sources) == whole(folder)  # type: ignore[arg-type]


def test_the_cache_does_not_matter(programs: list[Path], tmp_path: Path) -> None:
    for _ in range(2):
        for folder in programs[:8]:
            checked = api.check([folder], Config(), cache_dir=tmp_path)
            assert known(checked.findings, checked.sources) == whole(folder)  # type: ignore[arg-type]
