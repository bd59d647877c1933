"""An argument is given in the layout that the call has."""

from __future__ import annotations

import ast

import pytest

from seedlint.syntax.arguments import set_argument
from seedlint.syntax.positions import position_of

from .test_tree import page_of


def given(text: str, name: str = "seed", index: int | None = 0) -> str | None:
    page = page_of(text)
    call = next(node for node in ast.walk(page.tree) if isinstance(node, ast.Call))
    change = set_argument(page, position_of(call), name, index, "42")
    return None if change is None else text[: change.start] + change.content + text[change.end :]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("rng()", "rng(42)"),
        ("rng( )", "rng( 42)"),
        ("rng(None)", "rng(42)"),
        ("rng(seed=None)", "rng(seed=42)"),
        ("rng(seed = time())  # why", "rng(seed = 42)  # why"),
        ("(rng)(None)", "(rng)(42)"),
    ],
)
def test_the_first_argument(before: str, after: str) -> None:
    assert given(before) == after


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("split(x, y)", "split(x, y, random_state=42)"),
        ("split(x, y,)", "split(x, y, random_state=42)"),
        ("split(x, y, )", "split(x, y, random_state=42 )"),
        ("split(\n    x,\n    y,\n)", "split(\n    x,\n    y,\n    random_state=42,\n)"),
        ("split(\n    x,\n    y\n)", "split(\n    x,\n    y,\n    random_state=42\n)"),
        ("split(x,\n      y)", "split(x,\n      y,\n      random_state=42)"),
        ("split(\n    x,  # the data\n)", "split(\n    x,  # the data\n    random_state=42,\n)"),
        ("split(\n    x\n)", "split(\n    x,\n    random_state=42,\n)"),
        ("split(x, (y), )", "split(x, (y), random_state=42 )"),
        ("split(\n    x,\n    (y)  # a, b\n)", "split(\n    x,\n    (y),\n    random_state=42  # a, b\n)"),
        (
            "if x:\n    split(\n        x,\n        y,\n    )",
            "if x:\n    split(\n        x,\n        y,\n        random_state=42,\n    )",
        ),
        (
            "if x:\n    split(\n        x,\n        y\n    )",
            "if x:\n    split(\n        x,\n        y,\n        random_state=42\n    )",
        ),
        (f"split({'x' * 70})", f"split({'x' * 70}, random_state=42)"),
        (f"test = split({'x' * 65})", f"test = split(\n    {'x' * 65}, random_state=42\n)"),
        (f"test = [split({'x' * 65})]", f"test = [split({'x' * 65}, random_state=42)]"),
    ],
)
def test_a_further_argument(before: str, after: str) -> None:
    page = given(before, "random_state", None)
    assert page is not None
    assert ast.dump(ast.parse(page)) == ast.dump(ast.parse(after))
    assert page == after


@pytest.mark.parametrize("text", ["split(*data)", "split(x, **options)"])
def test_arguments_that_are_spread_are_left_alone(text: str) -> None:
    assert given(text, "random_state", None) is None
