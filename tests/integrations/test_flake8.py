"""The plugin, through flake8 itself."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

UNSEEDED = "import torch\n\nx = torch.rand(3)\n"
SEEDED = "import torch\n\ntorch.manual_seed(0)\nx = torch.rand(3)\n"


def flake8(folder: Path, *args: str, text: str | None = None) -> subprocess.CompletedProcess[str]:
    """Run flake8 as a person does."""
    command = [sys.executable, "-m", "flake8", *args]
    return subprocess.run(command, cwd=folder, input=text, capture_output=True, text=True, check=False)


def shown(folder: Path, *args: str, text: str | None = None) -> list[str]:
    """`path:line code` of what flake8 shows."""
    done = flake8(folder, *args, text=text)
    assert done.stderr == ""
    return sorted(_short(line) for line in done.stdout.splitlines())


def _short(line: str) -> str:
    path, number, _, rest = line.split(":", 3)
    return f"{path.removeprefix('./')}:{number} {rest.split()[0]}"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A seeded script, an unseeded one, and a module that draws for both."""
    (tmp_path / "model.py").write_text("import torch\n\n\ndef make():\n    return torch.rand(3)\n")
    (tmp_path / "seeded.py").write_text("import torch\nimport model\n\ntorch.manual_seed(0)\nx = model.make()\n")
    (tmp_path / "unseeded.py").write_text("import model\n\nx = model.make()\n")
    return tmp_path


def test_codes_are_shown_without_configuration(project: Path) -> None:
    assert shown(project) == ["model.py:5 SDL101"]


def test_the_message_names_the_path_and_what_to_do(project: Path) -> None:
    line = flake8(project).stdout
    assert "when unseeded.py runs" in line
    assert "unseeded.py:3 model.make -> torch.rand" in line
    assert "torch.manual_seed" in line


def test_columns_are_those_of_the_call(tmp_path: Path) -> None:
    (tmp_path / "train.py").write_text("import torch\n\né = 'é', torch.rand(3)\n")
    assert flake8(tmp_path).stdout.startswith("./train.py:3:10: SDL101 ")


def test_one_given_file_is_judged_with_the_project_around_it(project: Path) -> None:
    (project / "pyproject.toml").write_text("")
    assert shown(project, "model.py") == ["model.py:5 SDL101"]
    assert shown(project, "seeded.py") == []
    (project / "unseeded.py").unlink()
    assert shown(project, "model.py") == []


def test_processes_show_the_same(project: Path) -> None:
    for number in range(8):
        (project / f"more{number}.py").write_text(UNSEEDED)
    alone = shown(project, "-j1")
    assert len(alone) == 9
    assert shown(project, "-j2") == alone


@pytest.mark.parametrize("method", ["spawn", "forkserver"])
def test_processes_that_inherit_nothing_show_the_same(project: Path, method: str) -> None:
    (project / "more.py").write_text(UNSEEDED)
    start = (
        f"import multiprocessing as m; m.set_start_method({method!r}); from flake8.main.cli import main; main(['-j2'])"
    )
    runner = project.parent / f"{project.name}_{method}.py"
    runner.write_text(f"if __name__ == '__main__':\n    {start}\n")
    done = subprocess.run([sys.executable, runner], cwd=project, capture_output=True, text=True, check=False)
    assert sorted(map(_short, done.stdout.splitlines())) == ["model.py:5 SDL101", "more.py:3 SDL101"]


@pytest.mark.parametrize("args", [["--select", "E"], ["--ignore", "SDL"], ["--extend-ignore", "SDL101"]])
def test_codes_that_are_not_wanted_are_not_shown(project: Path, args: list[str]) -> None:
    assert shown(project, *args) == []


@pytest.mark.parametrize("args", [["--select", "SDL"], ["--select", "SDL101"], ["--ignore", "E,SDL102"]])
def test_codes_that_are_wanted_are_shown(project: Path, args: list[str]) -> None:
    assert shown(project, *args) == ["model.py:5 SDL101"]


def test_nothing_is_judged_where_no_code_of_ours_could_be_shown(project: Path) -> None:
    (project / "pyproject.toml").write_text("[tool.seedlint]\nno-such-key = 1\n")
    assert shown(project, "--select", "E") == []


def test_per_file_ignores(project: Path) -> None:
    (project / ".flake8").write_text("[flake8]\nper-file-ignores =\n    model.py: SDL101\n")
    assert shown(project) == []


def test_noqa(tmp_path: Path) -> None:
    (tmp_path / "train.py").write_text("import torch\n\nx = torch.rand(3)  # noqa: SDL101\n")
    assert shown(tmp_path) == []


def test_noqa_that_silences_nothing_is_reported(tmp_path: Path) -> None:
    (tmp_path / "train.py").write_text("import torch\n\nx = torch.zeros(3)  # noqa: SDL101\n")
    assert shown(tmp_path) == ["train.py:3 SDL001"]


def test_our_own_comments(tmp_path: Path) -> None:
    (tmp_path / "train.py").write_text("import torch\n\nx = torch.rand(3)  # seedlint: ignore[SDL101] noise\n")
    assert shown(tmp_path) == []


@pytest.fixture
def library(tmp_path: Path) -> Path:
    """A seeded script whose module draws from the global stream, which an opt-in rule is about."""
    (tmp_path / "lib").mkdir()
    (tmp_path / "lib" / "__init__.py").write_text("")
    (tmp_path / "lib" / "noise.py").write_text("import numpy as np\n\n\ndef noise():\n    return np.random.rand(3)\n")
    text = "import numpy as np\nfrom lib.noise import noise\n\nnp.random.seed(0)\nx = noise()\n"
    (tmp_path / "train.py").write_text(text)
    return tmp_path


def test_opt_in_rules_are_silent(library: Path) -> None:
    assert shown(library) == []
    assert shown(library, "--select", "SDL") == []
    assert shown(library, "--ignore", "E501") == []


@pytest.mark.parametrize("args", [["--extend-select", "SDL903"], ["--select", "E,SDL9"]])
def test_opt_in_rules_speak_when_flake8_names_them(library: Path, args: list[str]) -> None:
    assert shown(library, *args) == ["lib/noise.py:5 SDL903"]


def test_opt_in_rules_speak_when_the_project_names_them(library: Path) -> None:
    (library / "pyproject.toml").write_text('[tool.seedlint]\nextend-select = ["SDL903"]\n')
    assert shown(library) == ["lib/noise.py:5 SDL903"]
    assert shown(library, "-j2") == ["lib/noise.py:5 SDL903"]
    assert shown(library, "--extend-ignore", "SDL9") == []


def test_the_projects_configuration_is_taken(project: Path) -> None:
    (project / "pyproject.toml").write_text('[tool.seedlint]\nignore = ["SDL101"]\n')
    assert shown(project) == []


def test_a_wrong_configuration_is_said_in_one_line(project: Path) -> None:
    (project / "pyproject.toml").write_text("[tool.seedlint]\nselekt = []\n")
    done = flake8(project)
    assert done.returncode == 1
    assert "seedlint: " in done.stderr + done.stdout
    assert "`selekt`; did you mean `select`" in done.stderr + done.stdout
    assert "Traceback" not in done.stderr + done.stdout


def test_text_from_standard_input(project: Path) -> None:
    assert shown(project, "-", text=UNSEEDED) == ["stdin:3 SDL101"]
    assert shown(project, "-", text=SEEDED) == []


def test_standard_input_replaces_the_named_file(project: Path) -> None:
    (project / "pyproject.toml").write_text("")
    text = "import torch\n\ntorch.manual_seed(0)\n\nimport model  # noqa: E402\n\nx = model.make()\n"
    assert shown(project, "--stdin-display-name", "unseeded.py", "-", text=UNSEEDED) == ["unseeded.py:3 SDL101"]
    assert shown(project, "--stdin-display-name", "unseeded.py", "-", text=text) == []


def test_a_file_that_cannot_be_parsed_is_left_to_flake8(project: Path) -> None:
    (project / "broken.py").write_text("def broken(:\n")
    codes = [line.split()[-1] for line in shown(project)]
    assert codes.count("SDL101") == 1
    assert any(code.startswith("E9") for code in codes)


def test_excluded_files_are_not_reported(project: Path) -> None:
    (project / "pyproject.toml").write_text('[tool.seedlint]\nexclude = ["unseeded.py"]\n')
    assert shown(project) == []
    assert shown(project, "unseeded.py") == []


def test_importing_the_plugin_is_tiny() -> None:
    code = (
        "import __future__, sys, os, contextlib, typing, collections.abc; before = set(sys.modules);"
        "import seedlint.integrations.flake8; print(*sorted(set(sys.modules) - before))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["seedlint", "seedlint.integrations", "seedlint.integrations.flake8"]


def test_the_concrete_syntax_is_not_opened_where_nothing_is_found(tmp_path: Path) -> None:
    (tmp_path / "train.py").write_text(SEEDED)
    code = "import sys; from flake8.main.cli import main; main([]); print('libcst' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"
