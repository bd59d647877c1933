"""What libraries' callables do to random streams, read from tables."""

from seedlint.knowledge.loader import Table, load_tables, table_from_mapping
from seedlint.knowledge.lookup import Knowledge
from seedlint.knowledge.schema import (
    AliasRow,
    CallRow,
    ClassRow,
    EnvironmentRow,
    FlagRow,
    StreamRow,
    TableError,
)

__all__ = [
    "AliasRow",
    "CallRow",
    "ClassRow",
    "EnvironmentRow",
    "FlagRow",
    "Knowledge",
    "StreamRow",
    "Table",
    "TableError",
    "load_tables",
    "table_from_mapping",
]
