"""What a person sees of two runs: the verdict, its reason, and the first values that differ."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from seedlint.rule import Outcome
from seedlint.verify.plan import PlanError
from verify.conftest import Project, verified


def test_an_unseeded_draw_diverges_and_shows_both_values(project: Project) -> None:
    """The two numbers stand side by side."""
    [finding] = verified(project(train="import random\nprint(random.random())\n"))
    assert finding.verdict is not None
    assert finding.verdict.outcome is Outcome.DIVERGED
    assert finding.verdict.first != finding.verdict.second
    assert 0 <= float(finding.verdict.first) < 1


def test_a_value_that_does_not_depend_on_the_stream_is_identical(project: Project) -> None:
    """`random.choice` of one item moves the stream, and gives the same item each time."""
    [finding] = verified(project(train="import random\nprint(random.sample([1], 1))\n"))
    assert finding.verdict is not None
    assert finding.verdict.outcome is Outcome.IDENTICAL


def test_what_a_control_run_cannot_make_repeatable_is_not_called_diverged(project: Project) -> None:
    """The draw's argument is the clock: seeding its stream does not make the value repeatable."""
    text = "import random\nimport time\nprint(random.uniform(0, time.time_ns()))\n"
    [finding] = verified(project(train=text))
    assert finding.verdict is not None
    assert finding.verdict.outcome is Outcome.COULD_NOT_RUN
    assert "something else changes" in finding.verdict.detail


def test_a_line_that_the_run_does_not_come_to_is_not_reached(project: Project) -> None:
    """The condition is false on this machine."""
    text = "import os\nimport random\nif os.environ.get('NEVER_SET_IN_A_TEST'):\n    print(random.random())\n"
    [finding] = verified(project(train=text))
    assert finding.verdict is not None
    assert finding.verdict.outcome is Outcome.NOT_REACHED


def test_a_call_that_draws_from_another_stream_on_this_run_says_nothing(project: Project) -> None:
    """Which class is made is chosen at run time; what it makes differs, but not through torch."""
    text = """
import random
import numpy as np
import torch
random.seed(3)
class Narrow:
    def __init__(self):
        self.weight = torch.rand(2)
class Wide:
    def __init__(self):
        self.weight = np.random.rand(2)
kinds = {"narrow": Narrow, "wide": Wide}
net = kinds[random.choice(["wide", "wide"])]()
"""
    findings = {f.stream: f.verdict for f in verified(project(train=text))}
    assert {stream: v and v.outcome for stream, v in findings.items()}["numpy"] is Outcome.DIVERGED
    assert {stream: v and v.outcome for stream, v in findings.items()}.get("torch") is not Outcome.IDENTICAL


def test_a_missing_package_is_named(project: Project) -> None:
    """The reason says where, and which."""
    text = "import absent_package_of_this_test as a\nimport random\na.make_reproducible()\nprint(random.random())\n"
    [finding] = verified(project(train=text))
    assert finding.verdict is not None
    assert finding.verdict.outcome is Outcome.COULD_NOT_RUN
    assert "train.py:1" in finding.verdict.detail
    assert "absent_package_of_this_test" in finding.verdict.detail


def test_missing_data_is_stepped_over_and_said(project: Project) -> None:
    """The draw does not depend on the file."""
    text = "import random\nrows = open('no-such-data.csv').read()\nprint(random.random(), len(rows))\n"
    [finding] = verified(project(train=text))
    assert finding.verdict is not None
    assert finding.verdict.outcome is Outcome.DIVERGED
    assert "stepped over train.py:2" in finding.verdict.detail


def test_a_required_option_gets_a_stand_in(project: Project) -> None:
    """Nobody gave `--data`."""
    text = (
        "import argparse\nimport random\n"
        "p = argparse.ArgumentParser()\np.add_argument('--data', required=True)\np.add_argument('size', type=int)\n"
        "a = p.parse_args()\nprint([random.random() for _ in range(a.size)])\n"
    )
    [finding] = verified(project(train=text))
    assert finding.verdict is not None
    assert finding.verdict.outcome is Outcome.DIVERGED
    assert finding.verdict.detail == "two runs of train.py differ here; with the random stream seeded they do not"


def test_a_seed_at_another_module_makes_it_identical_whatever_the_finding_says(project: Project) -> None:
    """The code is changed between the finding and its verification: the run decides, not the finding."""
    findings, evidence = project(train="import random\nimport late\nprint(random.random())\n", late="x = 1\n")
    source = evidence.modules["late"]
    object.__setattr__(source, "text", "import random\nrandom.seed(1)\n")
    [finding] = verified((findings, evidence))
    assert finding.verdict is not None
    assert finding.verdict.outcome is Outcome.IDENTICAL


def test_the_project_is_left_as_it_was(project: Project) -> None:
    """A program that writes and deletes does so in a copy."""
    text = (
        "import os\nimport random\nopen('written.txt', 'w').write('x')\nos.remove('kept.py')\nprint(random.random())\n"
    )
    made = project(train=text, kept="# a module\n")
    [finding] = verified(made)
    assert finding.verdict is not None
    assert finding.verdict.outcome is Outcome.DIVERGED
    assert sorted(path.name for path in Path().iterdir()) == ["kept.py", "train.py"]


def test_a_named_run_gets_its_arguments(project: Project) -> None:
    """Only with `--draw` does the program draw."""
    text = (
        "import argparse\nimport random\np = argparse.ArgumentParser()\np.add_argument('--draw', action='store_true')\n"
        "if p.parse_args().draw:\n    print(random.random())\n"
    )
    made = project(train=text)
    [without] = verified(made, run="train.py")
    [given] = verified(made, run="python train.py --draw")
    assert without.verdict is not None and given.verdict is not None
    assert without.verdict.outcome is Outcome.NOT_REACHED
    assert given.verdict.outcome is Outcome.DIVERGED


def test_a_run_says_where_its_first_difference_arose(project: Project) -> None:
    """Of two draws, the earlier one in the run, wherever it stands in the file."""
    text = "import random\n\n\ndef late():\n    return random.random()\n\n\nprint(random.gauss(0, 1))\nprint(late())\n"
    found = {f.place.line: f.verdict for f in verified(project(train=text), run="train.py")}
    assert {line: v.detail.startswith("the first difference") for line, v in found.items() if v} == {5: False, 8: True}


def test_a_run_of_no_file_of_the_project_is_refused(project: Project) -> None:
    """The message names what was given."""
    with pytest.raises(PlanError, match="no file of the project"):
        verified(project(train="import random\nprint(random.random())\n"), run="other.py")


def test_a_run_has_a_terminal_at_which_nobody_types(project: Project) -> None:
    """Its size is the usual one, and every question gets the end of the input as its answer."""
    text = """
import os
import random
columns = os.popen("stty size").read().split()[1]
try:
    input("go on? ")
except EOFError:
    print([random.random() for _ in range(int(columns))])
"""
    [finding] = verified(project(train=text))
    assert finding.verdict is not None
    assert finding.verdict.outcome is Outcome.DIVERGED
    assert "stepped over" not in finding.verdict.detail


def test_a_warm_run_has_a_temporary_folder_of_its_own(
    project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A library that a warm process has imported has asked for the folder already."""
    library = tmp_path / "library"
    library.mkdir()
    (library / "albumentations.py").write_text("import tempfile\ntempfile.gettempdir()\n", encoding="utf-8")
    monkeypatch.setenv("PYTHONPATH", str(library))
    text = (
        "import os\nimport random\nimport tempfile\nimport albumentations\n"
        "if tempfile.gettempdir() == os.environ['TMPDIR']:\n    print(random.random())\n"
    )
    [finding] = verified(project(train=text), cold=False)
    assert finding.verdict is not None
    assert finding.verdict.outcome is Outcome.DIVERGED


def test_data_that_another_module_reads_is_stepped_over_too(project: Project) -> None:
    """The place in that module is said."""
    made = project(
        train="import random\nimport rows\ntable = rows.read()\nprint(random.random())\n",
        rows="def read():\n    with open('no-such-data.csv') as handle:\n        return handle.read()\n",
    )
    [finding] = verified(made)
    assert finding.verdict is not None
    assert finding.verdict.outcome is Outcome.DIVERGED
    assert "stepped over rows.py:2" in finding.verdict.detail


def test_a_seed_that_fails_decides_nothing(project: Project) -> None:
    """Had its file been there, the program might have been seeded."""
    findings, evidence = project(train="import random\nimport late\nprint(random.random())\n", late="x = 1\n")
    text = "import random\nrandom.seed(int(open('seed.txt').read()))\n"
    object.__setattr__(evidence.modules["late"], "text", text)
    [finding] = verified((findings, evidence))
    assert finding.verdict is not None
    assert finding.verdict.outcome is Outcome.COULD_NOT_RUN


def test_a_notebook_runs_without_the_cells_that_cannot_be_parsed(project: Project) -> None:
    """As in Jupyter, the others are run."""
    cells = [["import random\n"], ["___ = fill in\n"], ["print(random.random())\n"]]
    document = {
        "cells": [{"cell_type": "code", "source": lines, "metadata": {}, "outputs": []} for lines in cells],
        "metadata": {},
        "nbformat": 4,
        "nbformat_minor": 5,
    }
    Path("play.ipynb").write_text(json.dumps(document), encoding="utf-8")
    [finding] = verified(project())
    assert finding.verdict is not None
    assert finding.verdict.outcome is Outcome.DIVERGED


def test_a_stand_in_becomes_a_small_array(project: Project) -> None:
    """Its items are stand-ins too, but NumPy does not look for items in these without end."""
    text = "import random\nimport numpy\nrows = open('no-such-data.csv').read()\ntotal = numpy.asarray([rows]).sum()\n"
    [finding] = verified(project(train=text + "print(random.random(), total)\n"))
    assert finding.verdict is not None
    assert finding.verdict.outcome is Outcome.DIVERGED
