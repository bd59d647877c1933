"""What libraries' callables do to random streams, read from tables."""

from seedlint.knowledge.loader import Table, load_tables, table_from_mapping
from seedlint.knowledge.lookup import Knowledge
from seedlint.knowledge.schema import CallRow, ClassRow, StreamRow, TableError

__all__ = [
    "CallRow",
    "ClassRow",
    "Knowledge",
    "StreamRow",
    "Table",
    "TableError",
    "load_tables",
    "table_from_mapping",
]
