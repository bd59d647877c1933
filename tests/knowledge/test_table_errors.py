"""A wrong table is reported by file and line."""

from __future__ import annotations

from pathlib import Path

import pytest

from seedlint.knowledge import TableError, load_tables, table_from_mapping

HEAD = """library = "dice"
roots = ["dice"]

[[stream]]
name = "dice"
title = "the dice"
start = "entropy"

[[call]]
names = ["dice.roll"]
source = "manual"
draws = ["dice"]

"""
LINE = HEAD.count("\n") + 1


def error_of(text: str, tmp_path: Path) -> str:
    path = tmp_path / "dice.toml"
    path.write_text(text)
    with pytest.raises(TableError) as caught:
        load_tables([path], validate=True)
    return str(caught.value).removeprefix(f"{tmp_path}/")


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ('[[call]]\nnames = ["dice.f"]', "`source` is missing in [[call]]"),
        ('[[call]]\nsource = "s"', "`names` is missing in [[call]]"),
        ('[[call]]\nnames = ["dice.f"]\nsource = " "', "`source` must be a string that says something"),
        ('[[call]]\nnames = ["dice.f"]\nsource = "s"\ndraw = ["dice"]', "unknown key `draw` in [[call]]"),
        ('[[call]]\nnames = "dice.f"\nsource = "s"', "`names` must be a list of strings"),
        ('[[call]]\nnames = []\nsource = "s"', "`names` is empty"),
        ('[[call]]\nnames = ["dice.*.f*"]\nsource = "s"', "`names`: `dice.*.f*` is not a dotted name"),
        ('[[call]]\nnames = ["f"]\nsource = "s"\ndraws = ["cards"]', "`draws`: unknown stream `cards`"),
        ('[[call]]\nnames = ["f"]\nsource = "s"\nmodule = 1', "`module` must be true or false"),
        ('[[call]]\nnames = ["f"]\nsource = "s"\nunknown = "maybe"', "`unknown` must be one of draws, quiet"),
        ('[[call]]\nnames = ["f"]\nsource = "s"\nwhen = "p >"', "`when` does not parse"),
        ('[[call]]\nnames = ["f"]\nsource = "s"\nruns = ["f("]', "`runs` does not parse"),
        ('[[call]]\nnames = ["f"]\nsource = "s"\nsetup = "if"', "`setup` does not parse"),
        ('[[call]]\nnames = ["f"]\nsource = "s"\nsignature = "(a, a)("', "`signature` does not parse"),
        ('[[call]]\nnames = ["f"]\nsource = "s"\nsignature = "a, b"', "`signature` does not parse"),
        (
            '[[call]]\nnames = ["f"]\nsource = "s"\nsignature = "(p)"\nwhen = "q > 0"',
            "`when`: the signature has no parameter `q`",
        ),
        (
            '[[call]]\nnames = ["f"]\nsource = "s"\nseeds = ["dice"]\nseed = "seed"',
            "`seed`: the signature has no parameter `seed`",
        ),
        (
            '[[call]]\nnames = ["f"]\nsource = "s"\nsignature = "(a)"\nruns = ["[x() for x in a]"]',
            "`runs` may not hold a lambda, loop or await",
        ),
        ('[[call]]\nnames = ["f"]\nsource = "s"\nmissing = "error"', "`missing` means nothing without"),
        ('[[testing]]\nrole = "judge"\nsource = "s"', "`role` must be one of fixture, uses"),
        ('[[testing]]\nrole = "case"\nsource = "s"\nstreams = ["cards"]', "`streams`: unknown stream `cards`"),
        ('[[testing]]\nrole = "plugin"\nsource = "s"\nfixed = "--seed"', "`fixed` means nothing without `package`"),
        (
            '[[testing]]\nrole = "around-case"\nsource = "s"\nnames = ["begin"]\nends = ["end", "rest"]',
            "`ends` must name as many as `names`",
        ),
        ('[[call]]\nnames = ["f"]\nsource = "s"\nprocess = "spawn"', "`process` means nothing without"),
        ('[[call]]\nnames = ["f"]\nsource = "s"\nsince = "new"', "`since`: `new` is not a version"),
        ('[[call]]\nnames = ["f"]\nsource = "s"\nsets = [{ flag = "x" }]', "`sets` must be a list of"),
        ('[[class]]\nnames = ["dice.Cup"]\nbases = "dice.Pot"\nsource = "s"', "`bases` must be a list"),
        ('[[stream]]\nname = "x"\ntitle = "x"\nstart = "never"', "`start` must be one of entropy, fixed"),
        ('[[alias]]\nfrom = "a b"\nto = "a"\nsource = "s"', "`from`: `a b` is not a dotted name"),
        ('[[flag]]\nattribute = "dice.fair"\nsource = "s"', "`flag` is missing in [[flag]]"),
        ('[[environment]]\nvariable = "X"\nflag = "x"', "`source` is missing in [[environment]]"),
    ],
)
def test_a_wrong_row_is_reported_at_its_header(row: str, message: str, tmp_path: Path) -> None:
    assert error_of(HEAD + row + "\n", tmp_path).startswith(f"dice.toml:{LINE}: {message}")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('roots = ["dice"]', "dice.toml:1: `library` is missing"),
        ('library = "dice"\nversion = "1"', "dice.toml:1: unknown key `version`"),
        ('library = "dice"\ncall = 1', "dice.toml:1: `call` must be written [[call]]"),
        ('library = "dice"\nroots = [', "dice.toml:"),
    ],
)
def test_a_wrong_table_is_reported(text: str, message: str, tmp_path: Path) -> None:
    assert error_of(text, tmp_path).startswith(message)


def test_bad_toml_is_reported_at_its_line(tmp_path: Path) -> None:
    assert error_of(HEAD + "x = = 1\n", tmp_path).startswith(f"dice.toml:{LINE}: ")


def test_bad_encoding_is_reported_at_its_line(tmp_path: Path) -> None:
    path = tmp_path / "dice.toml"
    path.write_bytes(b"\n\xff")
    with pytest.raises(TableError, match=r":2: not UTF-8"):
        load_tables([path])


def test_a_missing_table_is_reported(tmp_path: Path) -> None:
    with pytest.raises(TableError, match="No such file"):
        load_tables([tmp_path / "none.toml"])


def test_streams_of_other_tables_can_be_named(tmp_path: Path) -> None:
    path = tmp_path / "cards.toml"
    path.write_text('library = "cards"\n[[call]]\nnames = ["f"]\nsource = "s"\ndraws = ["dice"]\n')
    with pytest.raises(TableError, match="unknown stream `dice`"):
        load_tables([path], validate=True)
    assert load_tables([path], validate=True, streams=["dice"])


def test_rows_of_a_configuration_are_reported_at_its_lines() -> None:
    text = '[tool.seedlint]\n\n[[tool.seedlint.call]]\nnames = ["f"]\n'
    data = {"library": "project", "call": [{"names": ["f"]}]}
    with pytest.raises(TableError, match=r"pyproject.toml:3: `source` is missing"):
        table_from_mapping(data, "pyproject.toml", text)
