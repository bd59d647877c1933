"""The composite action: its shape, and its steps run in a shell as a runner does."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from integrations.conftest import CHECKOUT, copy_shipped

UNSEEDED = "import torch\n\nx = torch.rand(3)\n"
SEEDED = "import torch\n\ntorch.manual_seed(0)\nx = torch.rand(3)\n"


@pytest.fixture(scope="module")
def action() -> dict[str, Any]:
    """The action as it is written."""
    loaded: dict[str, Any] = yaml.safe_load((CHECKOUT / "action.yml").read_text())
    return loaded


def test_it_is_a_composite_action(action: dict[str, Any]) -> None:
    assert action["runs"]["using"] == "composite"
    assert {"name", "description", "inputs", "runs"} <= set(action)
    assert all({"name", "shell", "run"} <= set(step) for step in action["runs"]["steps"])


def test_every_input_is_described_optional_and_used(action: dict[str, Any]) -> None:
    used = set(re.findall(r"inputs\.(\w+)", json.dumps(action["runs"])))
    assert set(action["inputs"]) == used
    for about in action["inputs"].values():
        assert about["description"].endswith(".")
        assert isinstance(about["default"], str)


def test_inputs_reach_the_shell_as_variables_only(action: dict[str, Any]) -> None:
    assert all("${{" not in step["run"] for step in action["runs"]["steps"])


class Runner:
    """Runs the steps of the action as GitHub's runner does."""

    def __init__(self, action: dict[str, Any], source: Path, home: Path) -> None:
        self.action = action
        self.source = source
        self.home = home

    def run(self, folder: Path, **inputs: str) -> tuple[int, str]:
        """(exit status, what was printed) of all steps with these inputs."""
        values = {name: about["default"] for name, about in self.action["inputs"].items()} | inputs
        printed = ""
        for step in self.action["runs"]["steps"]:
            condition = re.fullmatch(r"inputs\.(\w+) != ''", step.get("if", ""))
            if condition and not values[condition[1]]:
                continue
            done = self._step(step, folder, values)
            printed += done.stdout + done.stderr
            if done.returncode:
                return done.returncode, printed
        return 0, printed

    def _step(self, step: dict[str, Any], folder: Path, values: dict[str, str]) -> subprocess.CompletedProcess[str]:
        variables = self.home / "variables"
        given = {name: self._expanded(text, values) for name, text in step["env"].items()}
        own = {"GITHUB_ENV": str(variables), "RUNNER_TEMP": str(self.home), "GITHUB_ACTIONS": "true"}
        kept = dict(line.split("=", 1) for line in variables.read_text().splitlines()) if variables.exists() else {}
        script = ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step["run"]]
        environment = os.environ | own | kept | given
        return subprocess.run(script, cwd=folder, env=environment, capture_output=True, text=True, check=False)

    def _expanded(self, text: str, values: dict[str, str]) -> str:
        text = text.replace("${{ github.action_path }}", str(self.source))
        return re.sub(r"\$\{\{ inputs\.(\w+) \}\}", lambda match: values[match[1]], text)


@pytest.fixture(scope="module")
def runner(action: dict[str, Any], tmp_path_factory: pytest.TempPathFactory) -> Runner:
    """A runner with a copy of this checkout as the action's own."""
    source = tmp_path_factory.mktemp("action")
    copy_shipped(source)
    return Runner(action, source, tmp_path_factory.mktemp("runner"))


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("bash") is None, reason="needs bash")
def test_the_steps_annotate_and_write_sarif(runner: Runner, tmp_path: Path) -> None:
    (tmp_path / "train.py").write_text(UNSEEDED)
    (tmp_path / "other.py").write_text(SEEDED)
    status, printed = runner.run(tmp_path, sarif="seedlint.sarif")
    assert status == 1, printed
    assert re.search(r"^::error file=train\.py,line=3,", printed, re.MULTILINE)
    (result,) = json.loads((tmp_path / "seedlint.sarif").read_text())["runs"][0]["results"]
    assert result["ruleId"] == "SDL101"

    assert runner.run(tmp_path, paths="other.py")[0] == 0
    assert runner.run(tmp_path, args="--ignore SDL101")[0] == 0
    assert runner.run(tmp_path, paths="other.py train.py")[0] == 1
