"""The built-in tables, loaded once."""

from __future__ import annotations

from pathlib import Path

import pytest
import seedlint_rules

from seedlint.knowledge import Knowledge, Table, load_tables

APIS = Path(seedlint_rules.__file__).parent / "apis"


@pytest.fixture(scope="session")
def tables() -> tuple[Table, ...]:
    """All built-in tables, without checking them."""
    return load_tables(sorted(APIS.glob("*.toml")))


@pytest.fixture(scope="session")
def knowledge(tables: tuple[Table, ...]) -> Knowledge:
    """What the built-in tables say of the newest libraries."""
    return Knowledge(tables)
