"""Comments that silence findings, and those that silence nothing."""

from __future__ import annotations

import textwrap
from pathlib import Path

import pytest
from command import seedlint, write

from seedlint import api
from seedlint.config import Config, Selection

SEED = "import torch\n\ntorch.manual_seed(0)\n"


def found(folder: Path, program: str, config: Config | None = None) -> list[tuple[int, str]]:
    """(line, code) of what is found in a program."""
    write(folder, {"train.py": textwrap.dedent(program)})
    return [(finding.place.line, finding.code) for finding in api.check([folder], config or Config()).findings]


@pytest.mark.parametrize(
    "comment",
    [
        "# noqa: SDL101",
        "# NOQA:SDL101,E501",
        "# noqa: E501 SDL101",
        "# noqa: SDL1",
        "# noqa",
        "# type: ignore  # noqa: SDL101",
        "# seedlint: ignore[SDL101] the start does not matter",
        "# seedlint: ignore[SDL102, SDL101]",
        "# seedlint: ignore",
        "# seedlint:ignore [sdl101]",
    ],
)
def test_a_comment_silences_the_finding_of_its_line(tmp_path: Path, comment: str) -> None:
    lines = found(tmp_path, f"import torch\n\nx = torch.rand(3)  {comment}\ny = torch.rand(3)\n")
    assert [place for place in lines if place[1] == "SDL101"] == [(4, "SDL101")]


@pytest.mark.parametrize("comment", ["# noqa: E501", "# noqa: SDL102", "# seedlint: ignored", "# no qa: SDL101"])
def test_other_comments_silence_nothing(tmp_path: Path, comment: str) -> None:
    assert (3, "SDL101") in found(tmp_path, f"import torch\n\nx = torch.rand(3)  {comment}\n")


def test_a_comment_speaks_for_the_whole_statement(tmp_path: Path) -> None:
    program = """
        import torch

        x = [
            torch.rand(3),
            torch.rand(4),
        ]  # seedlint: ignore[SDL101] both
        y = torch.rand(
            3,  # noqa: SDL101
        )
        z = torch.rand(3)
        """
    assert found(tmp_path, program) == [(11, "SDL101")]


def test_a_comment_on_its_own_line_speaks_for_the_next_statement(tmp_path: Path) -> None:
    program = """
        import torch

        # seedlint: ignore[SDL101] the start does not matter

        x = torch.rand(
            3
        )
        y = torch.rand(3)
        # noqa: SDL101
        z = torch.rand(3)
        """
    assert [place for place in found(tmp_path, program) if place[1] == "SDL101"] == [(9, "SDL101"), (11, "SDL101")]


@pytest.mark.parametrize(
    "comment", ["# seedlint: ignore-file[SDL101] generated", "# flake8: noqa", "# flake8: noqa: SDL101"]
)
def test_a_comment_may_speak_for_the_file(tmp_path: Path, comment: str) -> None:
    assert found(tmp_path, f"import torch\n\nx = torch.rand(3)\n{comment}\n") == []


def test_a_comment_in_a_text_is_none(tmp_path: Path) -> None:
    program = 'import torch\n\nx = (torch.rand(3), "# noqa: SDL101")\ny = """\n# seedlint: ignore-file\n"""\n'
    assert found(tmp_path, program) == [(3, "SDL101")]


@pytest.mark.parametrize(
    ("comment", "said", "help_text"),
    [
        (
            "# seedlint: ignore[SDL101] why",
            "`# seedlint: ignore[SDL101]` suppresses nothing of SDL101",
            "Remove the comment.",
        ),
        ("# seedlint: ignore", "`# seedlint: ignore` suppresses nothing here", "Remove the comment."),
        ("# noqa: SDL102", "`# noqa: SDL102` suppresses nothing of SDL102", "Remove the comment."),
        ("# noqa: E501, SDL101", "suppresses nothing of SDL101", "Remove SDL101 from the comment."),
        ("# seedlint: ignore-file[SDL101]", "suppresses nothing of SDL101 in this file", "Remove the comment."),
    ],
)
def test_a_comment_that_silences_nothing_is_reported(tmp_path: Path, comment: str, said: str, help_text: str) -> None:
    write(tmp_path, {"train.py": f"{SEED}x = torch.rand(3)  {comment}\n"})
    (finding,) = api.check([tmp_path], Config()).findings
    assert (finding.code, finding.severity.value, finding.help) == ("SDL001", "note", help_text)
    assert said in finding.message
    assert (finding.place.line, finding.place.column) == (4, 20)


def test_of_several_codes_only_the_unused_are_reported(tmp_path: Path) -> None:
    write(tmp_path, {"train.py": "import torch\n\nx = torch.rand(3)  # seedlint: ignore[SDL101, SDL302] why\n"})
    (finding,) = api.check([tmp_path], Config()).findings
    assert (finding.code, finding.help) == ("SDL001", "Remove SDL302 from the comment.")


@pytest.mark.parametrize("comment", ["# noqa", "# noqa: E501", "# seedlint: ignore[SDL901] opt-in"])
def test_comments_for_others_and_for_rules_that_are_off_are_left_alone(tmp_path: Path, comment: str) -> None:
    assert found(tmp_path, f"{SEED}x = torch.rand(3)  {comment}\n") == []


def test_unused_comments_are_a_rule_that_can_be_ignored(tmp_path: Path) -> None:
    program = f"{SEED}x = torch.rand(3)  # seedlint: ignore\n"
    assert found(tmp_path, program) == [(4, "SDL001")]
    assert found(tmp_path, program, Config(ignore=("SDL001",))) == []
    assert found(tmp_path, program, Config(over=Selection(select=("SDL1",)))) == []


def test_comments_in_tests_are_judged_with_the_tests(tmp_path: Path) -> None:
    test = "import torch\n\n\ndef test_it():\n    torch.rand(3)  # seedlint: ignore[SDL302]\n"
    write(tmp_path, {"tests/test_it.py": test})
    assert seedlint(tmp_path).status == 0
    assert "SDL001" in seedlint(tmp_path, "--tests").out


def test_comments_in_files_that_were_not_given_are_not_reported(tmp_path: Path) -> None:
    write(tmp_path, {"pyproject.toml": "", "a.py": SEED, "b.py": f"{SEED}# seedlint: ignore-file\n"})
    assert seedlint(tmp_path, "a.py").status == 0
    assert "b.py:4:1: SDL001" in seedlint(tmp_path, "b.py").out


def test_ignores_are_added_with_a_reason(tmp_path: Path) -> None:
    program = """\
        import torch
        import numpy as np

        x = torch.rand(3)
        y = torch.rand(
            np.random.randint(3),
        )  # the rest
        z = torch.rand(3)  # seedlint: ignore[SDL302] known
        text = f'''{torch.rand(3)}
        '''
        """
    write(tmp_path, {"train.py": program, "other.py": "import torch\r\nx = torch.rand(3)\r\n"})
    ran = seedlint(tmp_path, "--add-ignores", "seeded  elsewhere")
    assert (ran.status, ran.out) == (0, "Added 5 comments in 2 files.\n")
    assert (tmp_path / "train.py").read_text().splitlines()[3:] == [
        "x = torch.rand(3)  # seedlint: ignore[SDL101] seeded elsewhere",
        "y = torch.rand(",
        "    np.random.randint(3),",
        ")  # the rest  # seedlint: ignore[SDL101] seeded elsewhere",
        "z = torch.rand(3)  # seedlint: ignore[SDL101, SDL302] known",
        "text = f'''{torch.rand(3)}",
        "'''  # seedlint: ignore[SDL101] seeded elsewhere",
    ]
    assert (tmp_path / "other.py").read_bytes() == (
        b"import torch\r\nx = torch.rand(3)  # seedlint: ignore[SDL101] seeded elsewhere\r\n"
    )
    assert seedlint(tmp_path, "--ignore", "SDL001").status == 0
    assert seedlint(tmp_path, "--add-ignores", "again", "--ignore", "SDL001").out == "Added 0 comments in 0 files.\n"


def test_added_ignores_keep_encoding_and_mark(tmp_path: Path) -> None:
    latin = "# coding: latin-1\nimport torch\nx = torch.rand(3), 'é'\n".encode("latin-1")
    write(tmp_path, {"latin.py": latin, "marked.py": b"\xef\xbb\xbfimport torch\ntorch.rand(3)\n"})
    assert seedlint(tmp_path, "--add-ignores", "known").status == 0
    assert "'é'  # seedlint: ignore[SDL101] known" in (tmp_path / "latin.py").read_bytes().decode("latin-1")
    assert (tmp_path / "marked.py").read_bytes().startswith(b"\xef\xbb\xbfimport torch\ntorch.rand(3)  # seedlint")
    assert seedlint(tmp_path).status == 0
