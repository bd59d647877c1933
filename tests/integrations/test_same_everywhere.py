"""One repository, the same findings from every way to meet them."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from fixture_programs import copy_program, load_cases

from integrations.conftest import Hooks, commit_all, git

Found = set[tuple[str, int, str]]

TOPICS = ("conditions", "entropy", "generators", "implicit", "names", "notebooks", "order", "processes", "workers")
REAL = os.environ.get("SEEDLINT_REAL_REPOSITORY", "")
"""A checkout on which the same is shown."""


@pytest.fixture(scope="module", params=["fixtures", *(["real"] if REAL else [])])
def repository(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A repository made of many programs, each in its own folder, or a copy of a real one."""
    folder = tmp_path_factory.mktemp("repository")
    if request.param == "real":
        shutil.copytree(REAL, folder, dirs_exist_ok=True, ignore=shutil.ignore_patterns(".git"), symlinks=True)
    else:
        for case in load_cases():
            if case.name.split("/")[0] in TOPICS:
                copy_program(case, folder / case.name)
    commit_all(folder)
    return folder


def output_of(folder: Path, module: str, *args: str) -> str:
    """What a module prints when it is run in a folder."""
    command = [sys.executable, "-m", module, *args]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode in (0, 1, 2) and "error" not in done.stderr, done.stderr
    return done.stdout


def from_json(text: str) -> Found:
    """The places in a JSON report."""
    return {(item["path"], item["line"], item["code"]) for item in json.loads(text)}


def from_sarif(text: str) -> Found:
    """The places in a SARIF report."""
    out = set()
    for result in json.loads(text)["runs"][0]["results"]:
        place = result["locations"][0]["physicalLocation"]
        out.add((place["artifactLocation"]["uri"], place["region"]["startLine"], result["ruleId"]))
    return out


def from_flake8(text: str) -> Found:
    """The places that flake8 prints."""
    parts = [line.split(":", 3) for line in text.splitlines()]
    return {(path.removeprefix("./"), int(line), rest.split()[0]) for path, line, _, rest in parts}


def scripts(found: Found) -> Found:
    """Those in the files that flake8 looks at."""
    return {place for place in found if place[0].endswith(".py")}


@pytest.fixture(scope="module")
def expected(repository: Path) -> Found:
    """What the command line finds."""
    found = from_json(output_of(repository, "seedlint", "--output-format", "json"))
    assert len(found) > (0 if REAL else 50)
    return found


def test_sarif(repository: Path, expected: Found) -> None:
    assert from_sarif(output_of(repository, "seedlint", "--output-format", "sarif")) == expected


@pytest.mark.parametrize("jobs", ["1", "2"])
def test_flake8(repository: Path, expected: Found, jobs: str) -> None:
    assert from_flake8(output_of(repository, "flake8", "--select", "SDL", "-j", jobs)) == scripts(expected)


def test_flake8_given_every_file(repository: Path, expected: Found) -> None:
    files = [name for name in git(repository, "ls-files").splitlines() if name.endswith(".py")]
    assert from_flake8(output_of(repository, "flake8", "--select", "SDL", *files)) == scripts(expected)


def test_some_files_get_the_verdicts_that_they_get_with_all(repository: Path, expected: Found) -> None:
    files = sorted({path for path, _, _ in expected})[::7]
    found = from_json(output_of(repository, "seedlint", "--output-format", "json", *files))
    assert found == {place for place in expected if place[0] in files}


@pytest.mark.slow
def test_the_hook_over_all_files(repository: Path, expected: Found, hooks: Hooks) -> None:
    hooks.configure(repository, "seedlint", ["--output-format=json", "--output-file=found.json"])
    hooks.run(repository, "--all-files")
    assert from_json((repository / "found.json").read_text()) == expected
