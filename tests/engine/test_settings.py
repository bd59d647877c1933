"""Configuration files that a program reads: what is made of them, and what they cannot do."""

from pathlib import Path

import pytest

from seedlint.program.settings import Settings


def settings(root: Path, **files: str) -> Settings:
    for name, text in files.items():
        path = root / (name.replace("__", "/") + ".yaml")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return Settings(root)


def test_a_group_lies_under_its_name(tmp_path: Path) -> None:
    known = settings(tmp_path, conf__train="defaults:\n  - model: small\nseed: 1\n", conf__model__small="width: 8\n")
    assert known.compose("conf", "train") == {"model": {"width": 8}, "seed": 1}


def test_the_file_itself_wins_over_its_defaults(tmp_path: Path) -> None:
    known = settings(tmp_path, conf__train="defaults: [base]\nseed: 1\n", conf__base="seed: 0\nsteps: 3\n")
    assert known.compose("conf", "train") == {"seed": 1, "steps": 3}


def test_what_comes_behind_self_wins_over_the_file(tmp_path: Path) -> None:
    known = settings(tmp_path, conf__train="defaults: [_self_, base]\nseed: 1\n", conf__base="seed: 0\n")
    assert known.compose("conf", "train") == {"seed": 0}


def test_a_global_package_is_merged_at_the_top(tmp_path: Path) -> None:
    known = settings(
        tmp_path,
        conf__train="defaults:\n  - _self_\n  - experiment: a\nseed: 1\n",
        conf__experiment__a="# @package _global_\nseed: 7\n",
    )
    assert known.compose("conf", "train") == {"seed": 7}


def test_defaults_that_name_each_other_end(tmp_path: Path) -> None:
    known = settings(tmp_path, conf__a="defaults: [b]\nx: 1\n", conf__b="defaults: [a]\ny: 2\n")
    assert known.compose("conf", "a") == {"x": 1, "y": 2}


@pytest.mark.parametrize(
    "text",
    [
        "a: [",
        "&a [*a]",
        "\n".join(["a0: &a0 [1, 1]"] + [f"a{i}: &a{i} [*a{i - 1}, *a{i - 1}]" for i in range(1, 60)]),
        "[" * 5000,
        "!!python/object/apply:os.system [exit]",
    ],
    ids=["broken", "holds itself", "aliases of aliases", "deep", "code"],
)
def test_a_file_that_is_no_settings_is_left_alone(tmp_path: Path, text: str) -> None:
    assert settings(tmp_path, odd=text).load("odd.yaml") is None


def test_files_outside_the_project_are_not_read(tmp_path: Path) -> None:
    (tmp_path / "secret.yaml").write_text("seed: 1\n")
    assert settings(tmp_path / "project", inside="seed: 2\n").compose("..", "secret") is None


def test_every_file_that_was_looked_for_is_recorded(tmp_path: Path) -> None:
    known = settings(tmp_path, there="seed: 1\n")
    known.load("there.yaml")
    known.load("missing.yaml")
    assert {Path(path).name: found is not None for path, found in known.read_files.items()} == {
        "there.yaml": True,
        "missing.yaml": False,
    }
