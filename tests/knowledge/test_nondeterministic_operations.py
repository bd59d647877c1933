"""The installed torch documents operations without a deterministic default: the tables know each, or say why not."""

from __future__ import annotations

import re
from typing import Any

import pytest

from seedlint import registry
from seedlint.knowledge import Knowledge, load_tables

torch = pytest.importorskip("torch")

MARKS = {"convolution", "nondeterministic-cuda", "nondeterministic-cuda-backward"}
NOT_REPORTED = {
    "torch.nn.AdaptiveAvgPool2d": "adds in any order only where sizes do not divide",
    "torch.nn.AdaptiveAvgPool3d": "adds in any order only where sizes do not divide",
    "torch.nn.AdaptiveMaxPool2d": "adds in any order only where sizes do not divide",
    "torch.nn.FractionalMaxPool2d": "adds in any order only where windows overlap",
    "torch.nn.FractionalMaxPool3d": "adds in any order only where windows overlap",
    "torch.nn.MaxUnpool1d": "differs only where an index repeats",
    "torch.nn.MaxUnpool2d": "differs only where an index repeats",
    "torch.nn.MaxUnpool3d": "differs only where an index repeats",
    "torch.nn.NLLLoss": "adds in any order only for two-dimensional targets",
    "torch.nn.ReflectionPad1d": "adds two numbers to one place at most, whose order does not matter",
    "torch.bmm": "only of a sparse and a dense tensor",
    "torch.gather": "its gradient differs only where an index repeats",
    "torch.index_select": "its gradient differs only where an index repeats",
    "torch.repeat_interleave": "mostly of whole numbers, without a gradient",
    "torch.Tensor.index_copy": "differs only where an index repeats",
    "torch.Tensor.index_put": "differs only where an index repeats",
    "torch.Tensor.scatter": "differs only where an index repeats",
    "torch.Tensor.__getitem__": "on the CPU",
    "torch.Tensor.resize_": "only of quantized tensors",
    "torch.cumsum": "mostly of whole numbers",
    "torch.histc": "adds ones, which is exact",
    "torch.median": "differs only in the index among equal numbers",
}
"""Documented operations that the rule stays silent about, each with the reason."""


def documented() -> list[str]:
    """The operations that `torch.use_deterministic_algorithms` lists."""
    text = torch.use_deterministic_algorithms.__doc__ or ""
    listed = re.findall(r"^\s+\* :(?:class|func):`~?(torch\.[\w.]+)`", text, flags=re.MULTILINE)
    return sorted(set(listed))


@pytest.fixture(scope="module")
def knowledge() -> Knowledge:
    return Knowledge(load_tables(registry.tables()))


def marks(knowledge: Knowledge, operation: str) -> set[str]:
    """The marks of calling an operation, or an instance of a layer."""
    found: Any = knowledge.method(operation, "__call__") if operation.startswith("torch.nn.") else None
    rows = [*(found[1] if found else ()), *knowledge.calls(operation)]
    if operation.startswith("torch.nn.functional."):
        rows = list(knowledge.calls(operation))
    return {mark for row in rows for mark in row.marks}


def test_the_documentation_lists_operations() -> None:
    assert "torch.Tensor.scatter_add_" in documented()


@pytest.mark.parametrize("operation", documented())
def test_each_documented_operation_is_marked_or_has_a_reason(knowledge: Knowledge, operation: str) -> None:
    assert bool(marks(knowledge, operation) & MARKS) is not (operation in NOT_REPORTED)


def test_no_reason_is_left_over() -> None:
    if torch.__version__.split(".")[:2] == ["2", "13"]:
        assert set(NOT_REPORTED) <= set(documented())
