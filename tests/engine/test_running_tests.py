"""Tests are run as their runner runs them where they are asked for, and cost nothing where they are not."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from seedlint.config import Config
from seedlint.engine import Analysis, analyze
from seedlint.flow.harness import Harness
from seedlint.program.settings import Settings
from seedlint.program.testing import Runner
from seedlint.sources.discover import discover

SEED = "import numpy as np\nimport pytest\n\n@pytest.fixture(autouse=True)\ndef seed():\n    np.random.seed(0)\n"
DRAWS = "import numpy as np\n\ndef test_one():\n    np.random.rand()\n\ndef test_two():\n    np.random.default_rng()\n"
UNSEEDED = "import random\nimport numpy as np\n\ndef test_noise():\n    np.random.rand()\n    random.random()\n"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty project, from where its files are named."""
    (tmp_path / "project").mkdir()
    monkeypatch.chdir(tmp_path / "project")
    return tmp_path / "project"


def found(config: Config, cache: Path | None = None) -> Iterator[tuple[str, str | None]]:
    """The codes and streams of what is found in the working directory."""
    return iter([(finding.code, finding.stream) for finding in analysis(config, cache).findings])


def analysis(config: Config, cache: Path | None = None) -> Analysis:
    """The analysis of the project in the working directory."""
    projects, _ = discover([Path()])
    return analyze(projects[0], config, cache_dir=cache)


def test_one_test_is_run_with_its_fixtures(folder: Path) -> None:
    (folder / "conftest.py").write_text(SEED)
    (folder / "test_noise.py").write_text(DRAWS)
    assert list(found(Config(entries=("test_noise.py:test_one",)))) == []
    assert list(found(Config(entries=("test_noise.py:test_two",)))) == [("SDL105", None)]
    assert list(found(Config(entries=("test_noise.py",)))) == [("SDL105", None)]


def test_a_method_is_named_by_its_class(folder: Path) -> None:
    (folder / "test_noise.py").write_text(
        "import random\n\nclass TestNoise:\n    def setup_method(self):\n        random.seed(0)\n\n"
        "    def test_one(self):\n        random.random()\n\nclass TestMore:\n"
        "    def test_one(self):\n        random.random()\n"
    )
    assert list(found(Config(entries=("test_noise.py:TestNoise.test_one",)))) == []
    assert list(found(Config(entries=("test_noise.py:TestMore.test_one",)))) == [("SDL101", "random")]


def test_a_function_that_is_no_test_is_called_alone(folder: Path) -> None:
    (folder / "test_noise.py").write_text("import random\n\ndef helper():\n    return random.random()\n")
    assert list(found(Config(entries=("test_noise.py:helper",)))) == [("SDL101", "random")]


def test_no_test_runs_unless_asked_for(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "test_noise.py").write_text(DRAWS)
    monkeypatch.setattr(Harness, "run", lambda *_: pytest.fail("a test was run"))
    assert list(found(Config())) == []


def test_a_plugin_counts_as_soon_as_it_is_declared(folder: Path, tmp_path: Path) -> None:
    (folder / "conftest.py").write_text(SEED)
    (folder / "test_noise.py").write_text("import numpy as np\n\ndef test_noise():\n    np.random.rand()\n")
    config, cache = Config(tests=True), tmp_path / "cache"
    assert list(found(config, cache)) == []
    (folder / "requirements-dev.txt").write_text("pytest\npytest-randomly==3.16\n")
    assert list(found(config, cache)) == [("SDL104", "numpy")]
    (folder / "pytest.ini").write_text("[pytest]\naddopts = --randomly-seed=3\n")
    assert list(found(config, cache)) == []


def test_the_names_of_fixtures_in_the_configuration_are_used(folder: Path) -> None:
    (folder / "conftest.py").write_text(SEED.replace("(autouse=True)", ""))
    (folder / "test_noise.py").write_text(UNSEEDED)
    (folder / "pytest.ini").write_text("[pytest]\nusefixtures = seed\n")
    assert list(found(Config(tests=True))) == [("SDL101", "random")]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("pyproject.toml", '[project]\ndependencies = ["numpy", "pytest-randomly>=3"]\n'),
        ("pyproject.toml", '[dependency-groups]\ntest = [\n  "pytest_randomly",\n]\n'),
        ("pyproject.toml", '[tool.poetry.group.dev.dependencies]\npytest-randomly = "^3"\n'),
        ("requirements/test.txt", "pytest\nPytest-Randomly ~= 3.0  # order\n"),
        ("setup.cfg", "[options.extras_require]\ntest =\n    pytest-randomly\n"),
        ("tox.ini", "[testenv]\ndeps =\n  pytest\n  pytest-randomly\n"),
        ("environment.yml", "dependencies:\n  - pytest-randomly\n"),
    ],
)
def test_a_declared_package_is_found(name: str, text: str, tmp_path: Path) -> None:
    (tmp_path / name).parent.mkdir(exist_ok=True)
    (tmp_path / name).write_text(text)
    assert Runner(Settings(tmp_path)).declares("pytest-randomly")


@pytest.mark.parametrize("text", ["pytest\n# pytest-randomly\n", "pytest-randomly-more\n", "my-pytest-randomly\n"])
def test_a_package_that_is_not_declared_is_not_found(text: str, tmp_path: Path) -> None:
    (tmp_path / "requirements.txt").write_text(text)
    assert not Runner(Settings(tmp_path)).declares("pytest-randomly")


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("pyproject.toml", '[tool.pytest.ini_options]\naddopts = "-q -p no:randomly --randomly-seed=7"\n'),
        ("pyproject.toml", '[tool.pytest]\naddopts = ["-p", "no:randomly", "--randomly-seed", "7"]\n'),
        ("pytest.ini", "[pytest]\naddopts =\n    -q\n    -pno:randomly\n    --randomly-seed 7\n"),
        ("tox.ini", "[pytest]\naddopts = -p no:randomly --randomly-seed=7\n"),
        ("setup.cfg", "[tool:pytest]\naddopts = -p no:randomly --randomly-seed=7\n"),
    ],
)
def test_options_are_read_where_the_runner_reads_them(name: str, text: str, tmp_path: Path) -> None:
    (tmp_path / name).write_text(text)
    runner = Runner(Settings(tmp_path))
    assert runner.gives("-p no:randomly") and runner.number("--randomly-seed")
    assert not runner.gives("-p no:random") and not runner.number("--randomly")


def test_the_first_file_of_options_counts(tmp_path: Path) -> None:
    (tmp_path / "pytest.ini").write_text("[pytest]\n")
    (tmp_path / "tox.ini").write_text("[pytest]\naddopts = -p no:randomly\n")
    assert Runner(Settings(tmp_path)).options == ""


def test_a_broken_file_of_options_gives_none(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text("[tool.pytest\n")
    (tmp_path / "setup.cfg").write_text("addopts = -q\n")
    assert Runner(Settings(tmp_path)).options == ""
