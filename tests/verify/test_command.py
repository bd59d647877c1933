"""`seedlint --verify` from outside: what is started where, what is printed, what becomes of a fix."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

OLDEST = (3, 8)
DRAW = "import random\n\nprint(random.random())\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A project of one script that draws."""
    root = tmp_path / "project"
    root.mkdir()
    (root / "train.py").write_text(DRAW, encoding="utf-8")
    return root


def seedlint(folder: Path, *options: str) -> tuple[str, str]:
    """What the command writes to standard output, and to standard error."""
    command = [sys.executable, "-m", "seedlint", "--no-cache", "--verify", "--timeout", "30", *options, "."]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, timeout=300)
    assert done.returncode in (0, 1), done.stderr
    return done.stdout, done.stderr


def test_it_says_what_it_will_start_which_fences_hold_it_and_what_came_out(folder: Path) -> None:
    """Three lines, whatever the format."""
    _, told = seedlint(folder)
    lines = told.splitlines()
    assert lines[0] == "Verifying: 1 entry, at most 4 runs, each in a process of its own."
    assert lines[1].startswith("Fences: limited time, memory, output and processes")
    assert "no network" in lines[1] and "no writes outside" in lines[1]
    assert lines[2] == "Verified: 1 diverged."


def test_a_finding_says_what_ran_what_differed_and_what_to_do(folder: Path) -> None:
    """In this order, one line each, the two values side by side."""
    shown, _ = seedlint(folder)
    lines = [line.strip() for line in shown.splitlines()]
    at = lines.index("verified: diverged: two runs of train.py differ here; with the random stream seeded they do not")
    assert lines[at + 1].startswith("run 1: 0.")
    assert lines[at + 2].startswith("run 2: 0.")
    assert lines[at + 3] == "help: Call `random.seed(seed)` before this line."


def test_reasons_for_which_nothing_can_be_said_are_counted(folder: Path) -> None:
    """The same reason at two places is one line, with what helps."""
    broken = "import no_such_package\n\nno_such_package.make_reproducible()\n" + DRAW
    (folder / "first.py").write_text(broken, encoding="utf-8")
    (folder / "second.py").write_text(broken, encoding="utf-8")
    _, told = seedlint(folder)
    [reason] = [line for line in told.splitlines() if "could not run:" in line]
    assert reason.startswith("  2 could not run: ModuleNotFoundError: No module named 'no_such_package' (")
    assert "--python" in reason


def test_a_launcher_gets_one_file_on_standard_input_and_gives_one_document_back(folder: Path, tmp_path: Path) -> None:
    """The file holds all that is run: it works in an empty environment, where seedlint is not to be found."""
    sent = tmp_path / "sent.py"
    launcher = f"sh -c 'cat > {sent}; cd /; env -i PATH=/usr/bin:/bin \"$@\" < {sent}' launcher"
    shown, _ = seedlint(folder, "--launcher", launcher, "--python", f"{sys.executable}")
    assert "verified: diverged" in shown
    alone = [sys.executable, "-I", "-S", str(sent)]
    done = subprocess.run(alone, cwd="/", capture_output=True, text=True, check=True, timeout=120)
    assert done.stdout.splitlines()[-1].startswith("seedlint-document:{")
    assert str(folder) not in sent.read_text(encoding="utf-8")


def test_a_launcher_that_gives_no_answer_costs_the_verdicts_only(folder: Path) -> None:
    """What it was, how it ended, and which option may help."""
    shown, _ = seedlint(folder, "--launcher", "sh -c 'exit 7' launcher")
    assert "verified: could not run: `sh -c 'exit 7' launcher" in shown
    assert "exit status 7" in shown and "--python" in shown


def interpreters() -> Iterator[Path]:
    """Other Pythons of this machine, as pyenv keeps them."""
    yield from sorted(Path.home().glob(".pyenv/versions/*/bin/python"))


def version(python: Path) -> tuple[int, ...]:
    """The first two numbers of an interpreter's version."""
    code = "import sys; print('%d %d' % sys.version_info[:2])"
    done = subprocess.run([str(python), "-c", code], capture_output=True, text=True, check=False)
    return tuple(int(part) for part in done.stdout.split())


def other_versions(at_least_oldest: bool) -> list[Path]:
    """One interpreter of each version other than this one, recent enough or not."""
    known = {version(python): python for python in interpreters()}
    own = sys.version_info[:2]
    chosen = [
        path for number, path in known.items() if number and number != own and (number >= OLDEST) is at_least_oldest
    ]
    if not chosen:
        pytest.skip("no other Python of this kind is on this machine")
    return chosen


def test_other_pythons_run_the_probe_without_seedlint(folder: Path) -> None:
    """Every version from 3.8 on; their own hash seeds, their own libraries."""
    for python in other_versions(at_least_oldest=True):
        shown, told = seedlint(folder, "--python", str(python))
        assert "verified: diverged" in shown, f"{python}: {told}"


def test_a_python_that_is_too_old_is_told_by_its_version(folder: Path) -> None:
    """Not by a syntax error."""
    for python in other_versions(at_least_oldest=False):
        shown, _ = seedlint(folder, "--python", str(python))
        assert "is too old: runs need 3.8 or later" in shown


def test_a_fix_that_holds_is_shown_from_diverged_to_identical(folder: Path) -> None:
    """The file is changed."""
    _, told = seedlint(folder, "--fix")
    assert "SDL101 train.py:3 diverged → identical" in told
    assert "random.seed(" in (folder / "train.py").read_text(encoding="utf-8")


def test_a_fix_that_does_not_make_its_finding_identical_is_taken_back(folder: Path) -> None:
    """A module makes `random.seed` do nothing, which only a run shows; another file's fix stays."""
    (folder / "quiet.py").write_text('import random\n\nsetattr(random, "se" + "ed", print)\n', encoding="utf-8")
    text = "import random\n\nimport quiet\n\nprint(random.random(), quiet)\n"
    (folder / "loud.py").write_text(text, encoding="utf-8")
    shown, told = seedlint(folder, "--fix")
    assert "SDL101 loud.py:5 diverged → diverged" in told
    assert "SDL101 train.py:3 diverged → identical" in told
    assert "Taken back: 1 of 2 fixes." in told
    assert "loud.py:5:7: SDL101" in shown
    assert (folder / "loud.py").read_text(encoding="utf-8") == text
    assert "random.seed(" in (folder / "train.py").read_text(encoding="utf-8")


def test_a_secret_is_passed_on_where_it_is_named(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without that the program does not come to its draw."""
    monkeypatch.setenv("SOME_SERVICE_TOKEN", "secret")
    text = "import os\nimport random\n\nif 'SOME_SERVICE_TOKEN' in os.environ:\n    print(random.random())\n"
    (folder / "train.py").write_text(text, encoding="utf-8")
    assert "verified: not reached" in seedlint(folder)[0]
    assert "verified: diverged" in seedlint(folder, "--pass-env", "SOME_SERVICE_TOKEN")[0]


def test_a_command_is_run_as_it_is_given(folder: Path) -> None:
    """With its arguments, and nothing beside it."""
    text = "import random\nimport sys\n\nif sys.argv[1:] == ['--epochs', '1']:\n    print(random.random())\n"
    (folder / "train.py").write_text(text, encoding="utf-8")
    (folder / "other.py").write_text(DRAW, encoding="utf-8")
    shown, told = seedlint(folder, "--run", "train.py --epochs 1")
    assert "verified: diverged: the first difference of this run" in shown
    assert "Verifying: 1 entry" in told


def test_a_command_to_run_is_run_without_being_asked_twice(folder: Path) -> None:
    """`--run` verifies; what only matters to a run is refused where nothing is run."""
    command = [sys.executable, "-m", "seedlint", "--no-cache"]
    done = subprocess.run([*command, "--run", "train.py"], cwd=folder, capture_output=True, text=True, check=False)
    assert "verified: diverged" in done.stdout
    done = subprocess.run([*command, "--launcher", "x"], cwd=folder, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (2, "seedlint: --launcher does nothing alone; add --verify\n")
