"""`[tool.seedlint]`: where it is found, what it may say, and what is said about a wrong value."""

from __future__ import annotations

from pathlib import Path

import pytest
from command import UNSEEDED, seedlint, write
from hypothesis import given
from hypothesis import strategies as st

from seedlint import api
from seedlint.config import Config, ConfigError, Selection, load, unknown_code

RULES = {"SDL001": "unused-suppression", "SDL101": "unseeded-draw", "SDL102": "late-seed", "SDL302": "cudnn-benchmark"}


def config_of(folder: Path, text: str, name: str = "pyproject.toml") -> Config:
    write(folder, {name: text})
    return load(folder, rules=lambda: RULES)


def test_keys_are_spelled_like_the_options(tmp_path: Path) -> None:
    config = config_of(
        tmp_path,
        """
        [tool.seedlint]
        select = ["SDL1"]
        extend-select = ["SDL302"]
        ignore = ["SDL102"]
        per-file-ignores = { "scripts/*" = ["SDL101"] }
        target-torch = "1.8"
        fail-on = "warning"
        tests = true
        seed = 7
        """,
    )
    assert (config.select, config.extend_select, config.ignore) == (("SDL1",), ("SDL302",), ("SDL102",))
    assert (config.target_torch, config.fail_on, config.tests, config.seed) == ("1.8", "warning", True, 7)
    assert config.per_file_ignores == {"scripts/*": ("SDL101",)}


def test_seedlint_toml_needs_no_table_and_comes_first(tmp_path: Path) -> None:
    write(tmp_path, {"pyproject.toml": "[tool.seedlint]\nseed = 1\n"})
    assert config_of(tmp_path, "seed = 2\n", "seedlint.toml").seed == 2


def test_a_folder_takes_the_configuration_of_its_repository(tmp_path: Path) -> None:
    write(tmp_path, {"pyproject.toml": "[tool.seedlint]\nseed = 3\n", ".git/HEAD": "", "a/b/train.py": ""})
    assert load(tmp_path / "a" / "b").seed == 3


def test_nothing_is_taken_from_above_the_repository(tmp_path: Path) -> None:
    write(tmp_path, {"pyproject.toml": "[tool.seedlint]\nseed = 3\n", "a/.git/HEAD": "", "a/b/train.py": ""})
    assert load(tmp_path / "a" / "b") == Config()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[tool.seedlint]\nselct = []\n", "2: unknown key `selct`; did you mean `select`?"),
        (
            "[tool.seedlint]\n\nper-file-ignore = {}\n",
            "3: unknown key `per-file-ignore`; did you mean `per-file-ignores`?",
        ),
        ('[tool.seedlint]\nselect = "SDL1"\n', "2: `select` must be a list of codes"),
        ("[tool.seedlint]\ntests = 1\n", "2: `tests` must be true or false"),
        ("[tool.seedlint]\nseed = true\n", "2: `seed` must be a whole number"),
        ('[tool.seedlint]\nfail-on = "fatal"\n', '2: `fail-on` must be one of "error", "warning", "note"'),
        ('[tool.seedlint]\ntarget-torch = "new"\n', '2: `target-torch` must be a version, as in "1.8"'),
        (
            '[tool.seedlint]\nignore = [\n  "SDL102",\n  "SDL1O1",\n]\n',
            "4: `ignore`: no rule is called `SDL1O1`; did you mean `SDL101`?",
        ),
        ('[tool.seedlint]\nselect = ["late-seed"]\n', "2: `select`: `late-seed` is no code; did you mean `SDL102`"),
        (
            '[tool.seedlint.per-file-ignores]\n"a.py" = ["SDL9999"]\n',
            "2: `per-file-ignores`: no rule is called `SDL9999`",
        ),
        ("[tool.seedlint]\nselect = [\n", "2: Invalid value (at end of document)"),
        ("[tool]\nseedlint = 3\n", "2: `seedlint` must be a table"),
    ],
)
def test_a_wrong_value_is_named_with_its_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str, said: str
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ConfigError) as error:
        config_of(tmp_path, text)
    assert str(error.value).startswith(f"pyproject.toml:{said}")


def test_a_circular_link_is_named(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").symlink_to("pyproject.toml")
    with pytest.raises(ConfigError, match=r"pyproject\.toml: cannot be read: Too many levels of symbolic links"):
        load(tmp_path)


def test_a_wrong_configuration_stops_only_its_own_project(tmp_path: Path) -> None:
    write(tmp_path, {"a/seedlint.toml": "seed = 'x'\n", "a/train.py": UNSEEDED, "b/train.py": UNSEEDED})
    ran = seedlint(tmp_path, "a", "b")
    assert (ran.status, ran.err) == (2, "seedlint: a/seedlint.toml:1: `seed` must be a whole number\n")
    assert ran.out.startswith("b/train.py:3:11: SDL101")


def test_excluded_files_are_not_read(tmp_path: Path) -> None:
    write(
        tmp_path,
        {
            "pyproject.toml": '[tool.seedlint]\nexclude = ["/vendored"]\nextend-exclude = ["old_*.py"]\n',
            "vendored/broken.py": "x = (",
            "old_train.py": UNSEEDED,
            "train.py": UNSEEDED,
        },
    )
    assert seedlint(tmp_path, "--output-format=json").codes() == [("train.py", 3, "SDL101")]


def test_patterns_start_at_the_configuration(tmp_path: Path) -> None:
    write(
        tmp_path,
        {
            ".git/HEAD": "",
            "pyproject.toml": """
                [tool.seedlint]
                exclude = ["/work/old"]
                [tool.seedlint.per-file-ignores]
                "work/scripts/*" = ["SDL101"]
                """,
            "work/old/train.py": UNSEEDED,
            "work/scripts/train.py": UNSEEDED,
            "work/train.py": UNSEEDED,
        },
    )
    assert seedlint(tmp_path, "work", "--output-format=json").codes() == [("work/train.py", 3, "SDL101")]
    assert "1 suppressed" in seedlint(tmp_path, "work").out


def test_entries_and_baselines_are_found_from_anywhere(tmp_path: Path) -> None:
    write(
        tmp_path,
        {
            "p/pyproject.toml": '[tool.seedlint]\nentries = ["train.py"]\n',
            "p/train.py": "import torch\n\ntorch.manual_seed(0)\n",
            "p/other.py": UNSEEDED,
        },
    )
    assert seedlint(tmp_path, "p").status == 0
    write(tmp_path, {"p/pyproject.toml": '[tool.seedlint]\nbaseline = "known.json"\n'})
    assert seedlint(tmp_path, "p", "--write-baseline", "p/known.json").status == 0
    assert "1 in the baseline" in seedlint(tmp_path, "p").out


@pytest.mark.parametrize(
    ("select", "ignore", "extend", "wanted"),
    [
        ([], [], [], {"SDL101", "SDL102", "SDL302"}),
        (["SDL1"], [], [], {"SDL101", "SDL102"}),
        (["SDL1"], ["SDL102"], [], {"SDL101"}),
        ([], ["SDL1"], [], {"SDL302"}),
        ([], ["SDL1"], ["SDL102"], {"SDL102", "SDL302"}),
        (["SDL102"], ["SDL1"], [], {"SDL102"}),
        (["SDL102"], ["SDL102"], [], set()),
        (["ALL"], [], [], {"SDL101", "SDL102", "SDL302", "SDL901"}),
        (["ALL"], ["SDL"], [], set()),
        ([], [], ["SDL9"], {"SDL101", "SDL102", "SDL302", "SDL901"}),
        ([], ["ALL"], [], set()),
    ],
)
def test_the_longest_prefix_decides(select: list[str], ignore: list[str], extend: list[str], wanted: set[str]) -> None:
    config = Config(select=tuple(select), ignore=tuple(ignore), extend_select=tuple(extend))
    codes = {"SDL101": True, "SDL102": True, "SDL302": True, "SDL901": False}
    assert {code for code, default in codes.items() if config.selects(code, default)} == wanted


PREFIXES = st.lists(st.sampled_from(["ALL", "SDL", "SDL1", "SDL10", "SDL101", "SDL302"]), max_size=3).map(tuple)


@given(PREFIXES, PREFIXES, PREFIXES)
def test_the_command_line_has_the_last_word(
    select: tuple[str, ...], ignore: tuple[str, ...], own: tuple[str, ...]
) -> None:
    config = Config(select=own, ignore=own, over=Selection(select=("SDL101", *select), ignore=ignore))
    assert config.selects("SDL101", False) == ("SDL101" not in ignore)


@given(st.text(alphabet="SDL0123456789abc-", max_size=8))
def test_every_text_is_a_known_prefix_or_is_explained(text: str) -> None:
    said = unknown_code(text, RULES)
    assert bool(said) != any(bool(text) and code.startswith(text) for code in RULES)


def test_the_public_function_raises_what_is_wrong(tmp_path: Path) -> None:
    write(tmp_path, {"seedlint.toml": "nothing = 1\n", "train.py": UNSEEDED})
    with pytest.raises(ConfigError, match="unknown key"):
        api.check([tmp_path])
