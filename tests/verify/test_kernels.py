"""A step is computed again and again from equal inputs, as is done where CUDA may differ; here on the CPU."""

from __future__ import annotations

import ast
from dataclasses import replace

import pytest
import torch

from seedlint.rule import Outcome
from seedlint.verify import plan, witness
from seedlint.verify.instrument import instrument
from seedlint.verify.probe import kernels
from verify.conftest import Project, verified

TRAINS = """\
import os
import torch
from torch import nn


class Rounding(torch.autograd.Function):
    \"\"\"Stands for a kernel whose gradient is summed in any order.\"\"\"

    @staticmethod
    def forward(ctx, x):
        return x.clone()

    @staticmethod
    def backward(ctx, gradient):
        if {exact}:
            return gradient
        return gradient * (1 + int.from_bytes(os.urandom(4), "big") * 1e-10)


class Layer(nn.Module):
    def forward(self, x):
        return Rounding.apply(x)


device = "cuda" if torch.cuda.is_available() else "cpu"
torch.manual_seed(0)
net = nn.Sequential(nn.Conv2d(3, 4, 3), Layer(), nn.BatchNorm2d(4)).to(device)
out = net(torch.ones(2, 3, 8, 8).to(device))
out.sum().backward()
"""


@pytest.fixture
def no_gpu_needed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let what is watched on a GPU be watched anywhere."""
    watched = witness.witnesses
    monkeypatch.setattr(plan, "witnesses", lambda found: [replace(w, needs="") for w in watched(found)])


def train(project: Project, exact: str) -> str:
    """The verdict on a program whose network trains."""
    findings, evidence = project(train=TRAINS.format(exact=exact))
    [finding] = verified(([f for f in findings if f.code == "SDL301"], evidence))
    assert finding.verdict is not None
    return f"{finding.verdict.outcome.value}: {finding.verdict.detail}"


@pytest.mark.usefixtures("no_gpu_needed")
def test_what_is_the_same_each_time_is_said_not_to_have_been_seen_to_differ(project: Project) -> None:
    """How often it was repeated, and where, is said too."""
    assert train(project, "True") == f"identical: not seen to differ in {kernels.REPEATS} repetitions on cpu"


@pytest.mark.usefixtures("no_gpu_needed")
def test_what_only_deterministic_algorithms_make_repeatable_diverges(project: Project) -> None:
    """The control run asks for them."""
    said = train(project, "torch.are_deterministic_algorithms_enabled()")
    assert said.startswith("diverged: the same step, repeated in one run on cpu, differs")


@pytest.mark.usefixtures("no_gpu_needed")
def test_what_nothing_makes_repeatable_is_not_called_diverged(project: Project) -> None:
    """Not even deterministic algorithms help."""
    assert "something else changes" in train(project, "False")


def test_without_a_gpu_the_reason_is_the_missing_device(project: Project) -> None:
    """Nothing is run for it."""
    findings, evidence = project(train=TRAINS.format(exact="True"))
    [finding] = [f for f in verified((findings, evidence), device="cpu") if f.code == "SDL301"]
    assert finding.verdict is not None
    assert finding.verdict.outcome is Outcome.COULD_NOT_RUN
    assert finding.verdict.detail == "needs a CUDA device"


@pytest.mark.skipif(torch.cuda.is_available(), reason="is about a machine without CUDA")
def test_what_falls_back_to_the_cpu_says_nothing_about_a_gpu(project: Project) -> None:
    """What a launcher reaches may have one; here the program finds none."""
    findings, evidence = project(train=TRAINS.format(exact="True"))
    [finding] = [f for f in verified((findings, evidence), launcher="env") if f.code == "SDL301"]
    assert finding.verdict is not None
    assert finding.verdict.outcome is Outcome.COULD_NOT_RUN
    assert finding.verdict.detail == "this ran on the CPU: needs a CUDA device"


def test_repeating_a_step_leaves_no_trace() -> None:
    """Streams, running statistics, gradients and arguments are as they were."""
    norm = torch.nn.BatchNorm1d(4, momentum=1.0)
    net = torch.nn.Sequential(torch.nn.Linear(4, 4), norm, torch.nn.Dropout())
    x, index = torch.ones(3, 4), torch.zeros(2)
    state = torch.get_rng_state()
    shown = kernels.repeat(net, (x,), {}, times=3)
    added = kernels.repeat(index.index_add_, (0, torch.tensor([0, 0]), torch.ones(2)), {}, times=3)
    assert (shown.times, shown.other, added.times, added.other) == (3, None, 3, None)
    assert torch.equal(torch.get_rng_state(), state)
    assert norm.running_mean is not None and torch.equal(norm.running_mean, torch.zeros(4))
    assert all(parameter.grad is None for parameter in net.parameters())
    assert torch.equal(index, torch.zeros(2))


def test_gradients_are_compared_too() -> None:
    """A function whose gradient counts how often it was asked for."""
    counts = iter(range(100))

    class Counting(torch.autograd.Function):  # type: ignore[misc, name-defined, unused-ignore]
        @staticmethod
        def forward(ctx: object, x: object) -> object:
            return x.clone()  # type: ignore[attr-defined]

        @staticmethod
        def backward(ctx: object, gradient: object) -> object:
            return gradient * next(counts)  # type: ignore[operator]

    class Net(torch.nn.Module):  # type: ignore[misc, name-defined, unused-ignore]
        def forward(self, x: object) -> object:
            return Counting.apply(x)  # type: ignore[no-untyped-call, unused-ignore]

    shown = kernels.repeat(Net(), (torch.ones(3),), {})
    assert shown.times == 2
    assert shown.first is not None and shown.other is not None
    assert shown.first.leaves != shown.other.leaves


@pytest.mark.parametrize(
    ("text", "span", "expected"),
    [
        ("x = a @ b", (1, 4, 1, 9), "x = _seedlint_.compute(1, lambda: a @ b)"),
        ("x = f'{a @ b}'", (1, 7, 1, 12), "x = f'{_seedlint_.compute(1, lambda: a @ b)}'"),
        ("x = net(a)", (1, 4, 1, 10), "x = _seedlint_.call(1, net)(a)"),
    ],
)
def test_an_operator_is_computed_by_a_function_that_can_be_called_again(
    text: str, span: tuple[int, int, int, int], expected: str
) -> None:
    """A product has no function of its own."""
    wrapped, _ = instrument(text, {span: 1}, {1})
    assert ast.dump(ast.parse(wrapped)) == ast.dump(ast.parse(expected))


def test_the_value_of_an_operator_is_repeated_and_comes_out_the_same() -> None:
    """There are no arguments to copy."""
    a = torch.ones(2, 2)
    shown = kernels.repeat(lambda: a @ a, (), {}, times=4)
    assert (shown.times, shown.other) == (4, None)
