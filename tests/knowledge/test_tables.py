"""What holds for every built-in table."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from seedlint.knowledge import Knowledge, Table, load_tables

from .conftest import APIS

ATTRIBUTES = {"args", "kwargs", "forward", "kept"}
"""Positional arguments, keyword arguments, the method that a project's class defines, what a row keeps."""


def test_tables_keep_to_the_schema() -> None:
    assert load_tables(sorted(APIS.glob("*.toml")), validate=True)


def test_every_fact_has_a_source(tables: tuple[Table, ...]) -> None:
    unsourced = [
        (table.path, row)
        for table in tables
        for kind in ("call", "class", "alias", "flag", "environment")
        for row in table.data.get(kind, ())
        if not row["source"].strip()
    ]
    assert not unsourced


def test_classes_that_rows_name_are_described(tables: tuple[Table, ...], knowledge: Knowledge) -> None:
    named = {
        name
        for table in tables
        for row in (*table.data.get("call", ()), *table.data.get("class", ()))
        for name in (row.get("makes"), row.get("type"), *row.get("bases", ()))
        if name is not None and knowledge.is_known_root(name)
    }
    assert sorted(name for name in named if knowledge.class_(name) is None) == []


def test_attributes_of_self_are_arguments_of_a_constructor(tables: tuple[Table, ...], knowledge: Knowledge) -> None:
    classes = {name for table in tables for row in table.data.get("class", ()) for name in row["names"]}
    wrong = [
        f"{name}: self.{attribute}"
        for table in tables
        for row in table.data.get("call", ())
        for name in row["names"]
        for attribute in attributes_of_self(row)
        if not is_known(knowledge, name.rpartition(".")[0], attribute, classes)
    ]
    assert not wrong, "\n".join(wrong)


def attributes_of_self(row: dict[str, object]) -> Iterator[str]:
    """The names `x` of `self.x` in a row's expressions."""
    runs = row.get("runs", [])
    assert isinstance(runs, list)
    texts = [row.get(key) for key in ("when", "value", "generator", "random_state", "process_when", "matters")]
    for text in (*texts, *runs):
        for node in ast.walk(ast.parse(text)) if isinstance(text, str) else ():
            if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "self":
                yield node.attr


def is_known(knowledge: Knowledge, owner: str, attribute: str, classes: set[str]) -> bool:
    """Whether an object of a class, of a derived one or of a base has the argument or the method."""
    if attribute in ATTRIBUTES or knowledge.method(owner, attribute) is not None:
        return True
    related = {name for name in classes if owner in knowledge.bases(name)} | set(knowledge.bases(owner))
    return any(
        attribute in parameters(row.signature)
        for name in related
        for row in knowledge.calls(name)
        if row.signature is not None
    )


def parameters(signature: str) -> set[str]:
    """The names of a signature's parameters."""
    return {node.arg for node in ast.walk(ast.parse(f"def f{signature}: pass")) if isinstance(node, ast.arg)}
