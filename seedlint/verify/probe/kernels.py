"""Computes one step again and again from equal inputs: what CUDA kernels do differently from time to time."""

from __future__ import annotations

import os
import sys
from typing import Any, Callable, Iterator

from . import streams
from .digest import Digest

REPEATS = 20
WORKSPACE = ":4096:8"


class Repeated:
    """What the repetitions of a step showed; `other` is the first that differs from the first of all."""

    def __init__(self) -> None:
        self.inputs = ""
        self.first: Digest | None = None
        self.other: Digest | None = None
        self.times = 0
        self.device = ""

    def record(self) -> dict[str, Any]:
        """What is written down of it."""
        assert self.first is not None
        out: dict[str, Any] = {"inputs": self.inputs, "value": self.first.hex, "leaves": self.first.leaves}
        out.update(repeats=self.times, device=self.device)
        if self.other is not None:
            out.update(other=self.other.hex, other_leaves=self.other.leaves)
        return out


def repeat(function: Any, args: tuple[Any, ...], kwargs: dict[str, Any], times: int = REPEATS) -> Repeated:
    """Call a function with copies of its arguments, gradients included, until two results differ.

    Streams, and what a module keeps, are as before afterwards.
    """
    torch = sys.modules["torch"]
    if type(function).__name__ == "DistributedDataParallel":
        function = function.module  # its own forward expects one backward for each call
    owner = function if isinstance(function, torch.nn.Module) else getattr(function, "__self__", None)
    module = owner if isinstance(owner, torch.nn.Module) else None
    put_back = _kept(torch, module)
    out = Repeated()
    out.inputs = Digest([args, kwargs, owner]).hex
    out.device = _device(torch, [args, kwargs, owner])
    try:
        while out.times < times and out.other is None:
            digest = Digest(_once(torch, function, owner, args, kwargs))
            out.times += 1
            put_back()
            if out.first is None:
                out.first = digest
            elif out.first.hex != digest.hex:
                out.other = digest
    finally:
        put_back()
    return out


def make_deterministic() -> None:
    """Ask for every deterministic algorithm there is, as a control run does."""
    os.environ["CUBLAS_WORKSPACE_CONFIG"] = WORKSPACE
    torch: Any = sys.modules.get("torch")
    if torch is None or not hasattr(torch, "use_deterministic_algorithms"):
        return
    torch.backends.cudnn.deterministic, torch.backends.cudnn.benchmark = True, False
    try:
        torch.use_deterministic_algorithms(True, warn_only=True)
    except TypeError:
        torch.use_deterministic_algorithms(True)


def _once(torch: Any, function: Any, owner: Any, args: Any, kwargs: Any) -> list[Any]:
    """One call on copies: its result, and the gradients of what was computed where gradients are wanted."""
    leaves: list[Any] = []
    module = isinstance(owner, torch.nn.Module)

    def copied(value: Any) -> Any:
        if isinstance(value, torch.nn.Parameter):
            leaves.extend([value] if value.requires_grad else [])
        elif isinstance(value, torch.Tensor):
            new = value.detach().clone()
            if torch.is_grad_enabled() and new.is_floating_point() and (module or value.requires_grad):
                leaves.append(new.requires_grad_(True))
            return new
        if type(value) in (list, tuple):
            return type(value)(copied(item) for item in value)
        return {key: copied(item) for key, item in value.items()} if type(value) is dict else value

    call = getattr(owner.detach().clone(), function.__name__) if isinstance(owner, torch.Tensor) else function
    result = call(*copied(args), **copied(kwargs))
    if module:
        leaves += [parameter for parameter in owner.parameters() if parameter.requires_grad]
    loss = sum(_weighted(torch, tensor) for tensor in _tensors(torch, result) if tensor.requires_grad)
    if not leaves or not isinstance(loss, torch.Tensor):
        return [result]
    return [result, list(torch.autograd.grad(loss, leaves, allow_unused=True))]


def _weighted(torch: Any, tensor: Any) -> Any:
    """A number that every element of a tensor has a different part in."""
    real = torch.view_as_real(tensor) if tensor.is_complex() else tensor
    return (real * torch.linspace(-1, 1, real.numel(), device=real.device).reshape(real.shape)).sum()


def _tensors(torch: Any, value: Any, depth: int = 0) -> Iterator[Any]:
    """The tensors of a result."""
    if isinstance(value, torch.Tensor):
        if value.is_floating_point() or value.is_complex():
            yield value
    elif depth < 4:
        parts = value.values() if isinstance(value, dict) else value if isinstance(value, (list, tuple)) else ()
        for part in parts:
            yield from _tensors(torch, part, depth + 1)


def _kept(torch: Any, module: Any) -> Callable[[], None]:
    """A function that puts back the streams and a module's buffers."""
    put_streams_back = streams.remember()
    buffers = [(buffer, buffer.detach().clone()) for buffer in module.buffers()] if module is not None else []

    def put_back() -> None:
        put_streams_back()
        with torch.no_grad():
            for buffer, value in buffers:
                buffer.copy_(value)

    return put_back


def _device(torch: Any, value: Any) -> str:
    """The name of the device that some arguments lie on."""
    args, kwargs, owner = value
    found = list(owner.parameters()) if isinstance(owner, torch.nn.Module) else [owner]
    for item in [*found, *args, *kwargs.values()]:
        if isinstance(item, torch.Tensor):
            return str(torch.cuda.get_device_name(item.device)) if item.is_cuda else str(item.device)
    return ""
