"""Asking the tables about a name."""

from __future__ import annotations

from pathlib import Path

import pytest

from seedlint.knowledge import Knowledge, load_tables
from seedlint.knowledge.lookup import Version

TABLE = """
library = "dice"
roots = ["dice"]

[[stream]]
name = "dice"
title = "the dice"
start = "entropy"

[[alias]]
from = "dice._impl"
to = "dice"
source = "dice/__init__.py"

[[class]]
names = ["dice.Cup"]
source = "manual"

[[class]]
names = ["dice.BigCup"]
bases = ["dice.Cup"]
source = "manual"

[[call]]
names = ["dice.roll"]
source = "manual"
draws = ["dice"]

[[call]]
names = ["dice.roll"]
source = "manual"
marks = ["noisy"]

[[call]]
names = ["dice.Cup.shake", "dice.Cup.*"]
source = "manual"
draws = ["dice"]

[[call]]
names = ["dice.*Bag", "dice.*Bag.shake"]
source = "manual"
draws = ["dice"]

[[call]]
names = ["dice.throw_*"]
source = "manual"
draws = ["dice"]

[[call]]
names = ["dice.extra.*"]
source = "manual"
entropy = true

[[call]]
names = ["dice.shuffle"]
source = "manual"
until = "2.0"
draws = ["dice"]

[[call]]
names = ["dice.shuffle"]
source = "manual"
since = "2.0"
entropy = true

[[call]]
names = ["dice.old"]
source = "manual"
until = "1.5"
draws = ["dice"]

[[flag]]
attribute = "dice.config.fair"
flag = "dice.fair"
source = "manual"

[[environment]]
variable = "DICE_FAIR"
flag = "dice.fair"
source = "manual"
"""


@pytest.fixture
def table(tmp_path: Path) -> Path:
    path = tmp_path / "dice.toml"
    path.write_text(TABLE)
    return path


def ask(table: Path, versions: dict[str, Version] | None = None) -> Knowledge:
    return Knowledge(load_tables([table], validate=True), versions)


def test_all_rows_of_a_name_are_given(table: Path) -> None:
    drawing, marking = ask(table).calls("dice.roll")
    assert drawing.draws == ("dice",)
    assert marking.marks == ("noisy",)


def test_an_alias_leads_to_the_same_rows(table: Path) -> None:
    knowledge = ask(table)
    assert knowledge.canonical("dice._impl.roll") == "dice.roll"
    assert knowledge.calls("dice._impl.roll") == knowledge.calls("dice.roll")


def test_a_star_stands_for_any_rest(table: Path) -> None:
    (row,) = ask(table).calls("dice.extra.deep.anything")
    assert row.entropy


def test_a_star_in_a_name_stands_for_what_differs(table: Path) -> None:
    knowledge = ask(table)
    assert knowledge.calls("dice.VelvetBag") == knowledge.calls("dice.cloth.LinenBag.shake") != ()
    assert knowledge.method("dice.VelvetBag", "shake") is not None
    assert knowledge.calls("dice.Bagpipe") == ()


def test_a_star_that_ends_a_name_stays_in_it(table: Path) -> None:
    knowledge = ask(table)
    assert knowledge.calls("dice.throw_far") != ()
    assert knowledge.calls("dice.throw_far.rules") == ()


def test_an_unknown_name_has_no_rows(table: Path) -> None:
    knowledge = ask(table)
    assert knowledge.calls("dice.rolls") == ()
    assert knowledge.class_("dice.Saucer") is None
    assert not knowledge.is_known_root("cards.deal")
    assert knowledge.is_known_root("dice.rolls")


def test_methods_are_found_through_bases(table: Path) -> None:
    found = ask(table).method("dice.BigCup", "shake")
    assert found is not None
    assert found[0] == "dice.Cup"


def test_a_starred_method_covers_a_class(table: Path) -> None:
    assert ask(table).method("dice.BigCup", "rattle") is not None
    assert ask(table).method("dice.Saucer", "rattle") is None


@pytest.mark.parametrize(("versions", "entropy"), [({}, True), ({"dice": (1, 9)}, False), ({"dice": (2,)}, True)])
def test_the_version_chooses_the_row(table: Path, versions: dict[str, Version], entropy: bool) -> None:
    (row,) = ask(table, versions).calls("dice.shuffle")
    assert row.entropy is entropy


def test_a_name_that_only_old_versions_have_keeps_its_rows(table: Path) -> None:
    assert ask(table).calls("dice.old")
    assert ask(table, {"dice": (1, 0)}).calls("dice.old")


def test_flags_are_found_by_attribute_and_variable(table: Path) -> None:
    knowledge = ask(table)
    assert knowledge.flag("dice.config.fair") == knowledge.environment("DICE_FAIR") == "dice.fair"
    assert knowledge.flag("dice.config.unfair") is None


def test_the_digest_follows_tables_and_versions(table: Path) -> None:
    before = ask(table).digest
    assert ask(table).digest == before
    assert ask(table, {"dice": (1,)}).digest != before
    table.write_text(TABLE + "\n# changed\n")
    assert ask(table).digest != before


def test_what_was_parsed_is_kept(table: Path, tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    first = load_tables([table], cache_dir=cache)
    assert load_tables([table], cache_dir=cache) == first
    assert len(list(cache.iterdir())) == 1


@pytest.mark.parametrize("damage", [b"", b"nonsense", None])
def test_a_damaged_cache_is_ignored(table: Path, tmp_path: Path, damage: bytes | None) -> None:
    cache = tmp_path / "cache"
    first = load_tables([table], cache_dir=cache)
    (kept,) = cache.iterdir()
    content = kept.read_bytes()
    kept.write_bytes(content[:-1] if damage is None else damage)
    assert load_tables([table], cache_dir=cache) == first


def test_a_cache_that_cannot_be_written_is_ignored(table: Path, tmp_path: Path) -> None:
    occupied = tmp_path / "file"
    occupied.write_text("")
    assert load_tables([table], cache_dir=occupied / "cache")
