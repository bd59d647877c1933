"""A canonical form of what a call yields: no addresses, timings, hash order or object identity."""

from __future__ import annotations

import hashlib
import sys
from typing import Any, Iterable

from . import streams

DEPTH = 12
MOST_LEAVES = 20000
SHOWN_LEAVES = 40
SHOWN_ITEMS = 6


class Digest:
    """Collects a value's leaves: `hex` stands for all of them, `leaves` shows the first."""

    def __init__(self, value: Any) -> None:
        self._hash = hashlib.blake2b(digest_size=12)
        self._seen: dict[int, Any] = {}
        self._count = 0
        self.leaves: list[tuple[str, str]] = []
        self.random = False
        self._visit("", value, 0)

    @property
    def hex(self) -> str:
        return self._hash.hexdigest()

    def _leaf(self, path: str, text: str, shown: str = "") -> None:
        self._count += 1
        self._hash.update(f"{path}={text};".encode("utf-8", "surrogatepass"))
        if len(self.leaves) < SHOWN_LEAVES:
            self.leaves.append((path, shown or text[:80]))

    def _visit(self, path: str, value: Any, depth: int) -> None:
        if self._count > MOST_LEAVES:
            return
        if value is None or isinstance(value, (bool, int, str)):
            self._leaf(path, repr(value))
        elif isinstance(value, float):
            self._leaf(path, value.hex(), repr(value))
        elif isinstance(value, complex):
            self._leaf(path, f"{value.real.hex()},{value.imag.hex()}", repr(value))
        elif isinstance(value, (bytes, bytearray)):
            self._leaf(path, hashlib.sha1(value).hexdigest(), repr(bytes(value[:16])))
        elif id(value) in self._seen or depth > DEPTH:
            self._leaf(path, "<again>")
        else:
            self._seen[id(value)] = value
            self._composite(path, value, depth + 1)

    def _composite(self, path: str, value: Any, depth: int) -> None:
        if isinstance(value, (list, tuple)):
            self._leaf(path, f"{_kind(value)}[{len(value)}]")
            for i, item in enumerate(value):
                self._visit(f"{path}[{i}]", item, depth)
        elif isinstance(value, dict):
            self._mapping(path, value, depth)
        elif isinstance(value, (set, frozenset)):
            self._leaf(path, "set " + " ".join(sorted(Digest(item).hex for item in value)))
        elif isinstance(value, type) or (callable(value) and hasattr(value, "__qualname__")):
            self._leaf(path, f"{value.__module__}.{value.__qualname__}")
        elif self._array(path, value, depth):
            pass
        else:
            self._object(path, value, depth)

    def _mapping(self, path: str, value: Any, depth: int) -> None:
        self._leaf(path, f"{_kind(value)}{{{len(value)}}}")
        for key in sorted(value, key=lambda key: key if isinstance(key, str) else Digest(key).hex):
            name = key if isinstance(key, str) else repr(key)[:40] if isinstance(key, (int, float)) else Digest(key).hex
            self._visit(f"{path}.{name}" if path else name, value[key], depth)

    def _array(self, path: str, value: Any, depth: int) -> bool:
        """Tensors, arrays, and what holds them."""
        torch, numpy = sys.modules.get("torch"), sys.modules.get("numpy")
        if torch is not None and hasattr(torch, "nn") and isinstance(value, torch.Tensor):
            self._tensor(path, value, torch)
        elif torch is not None and hasattr(torch, "nn") and isinstance(value, torch.nn.Module):
            self._visit(path, {**dict(value.named_parameters()), **dict(value.named_buffers())}, depth)
        elif numpy is not None and isinstance(value, (numpy.ndarray, numpy.generic)):
            self._ndarray(path, value, depth)
        elif (hasattr(value, "to_dict") and hasattr(value, "columns")) or hasattr(value, "to_list"):
            index = list(value.index) if hasattr(value, "index") and not callable(value.index) else None
            body = value.to_dict("list") if hasattr(value, "columns") else value.to_list()
            self._visit(path, [index, body], depth)
        else:
            return False
        return True

    def _tensor(self, path: str, value: Any, torch: Any) -> None:
        with torch.no_grad():
            plain = value.detach()
            if "Uninitialized" in type(value).__name__:
                self._leaf(path, "<not initialised>")
                return
            if plain.is_sparse or plain.layout is not torch.strided:
                plain = plain.to_dense()
            if plain.is_quantized:
                plain = plain.dequantize()
            plain = plain.cpu().contiguous()
            flat = plain.reshape(-1)
            raw = flat.view(torch.int16) if plain.dtype is torch.bfloat16 else flat
            if plain.is_complex():
                raw = torch.view_as_real(plain.resolve_conj()).reshape(-1)
            data = raw.numpy().tobytes()
        shown = ", ".join(_number(item) for item in flat[:SHOWN_ITEMS].tolist())
        head = f"{plain.dtype}{list(plain.shape)}"
        self._leaf(
            path,
            f"{head} {hashlib.sha1(data).hexdigest()}",
            f"[{shown}{', ...' if flat.numel() > SHOWN_ITEMS else ''}]",
        )

    def _ndarray(self, path: str, value: Any, depth: int) -> None:
        if value.dtype.hasobject:
            self._visit(path, value.tolist(), depth)
            return
        flat = value.reshape(-1)
        shown = ", ".join(_number(item) for item in flat[:SHOWN_ITEMS].tolist())
        shown = shown if value.shape == () else f"[{shown}{', ...' if flat.size > SHOWN_ITEMS else ''}]"
        digest = hashlib.sha1(value.tobytes()).hexdigest()
        self._leaf(path, f"{value.dtype}{list(value.shape)} {digest}", shown)

    def _object(self, path: str, value: Any, depth: int) -> None:
        state = streams.generator_state(value)
        if state is not None:
            self._visit(path + "<state>", state, depth)
            return
        self._leaf(path, _kind(value))
        parts = getattr(value, "__dict__", None)
        if parts is None or not isinstance(parts, dict):
            parts = _reduced(value)
        if isinstance(parts, dict):
            kept = {str(k): v for k, v in parts.items() if not _volatile(str(k))}
            for key in sorted(kept):
                self._visit(f"{path}.{key}", kept[key], depth)
        elif parts is not None:
            self._visit(path, parts, depth)


def _kind(value: Any) -> str:
    cls = type(value)
    return cls.__name__ if cls.__module__ == "builtins" else f"{cls.__module__}.{cls.__qualname__}"


def _number(item: Any) -> str:
    return f"{item:.7g}" if isinstance(item, float) else str(item)


def _volatile(name: str) -> bool:
    """Names that hold clocks by convention."""
    return name.endswith(("_time", "_time_", "_timestamp")) or name in ("time", "timestamp", "created_at")


def _reduced(value: Any) -> Any:
    """What pickling would keep of an object without a dictionary; None for what cannot be pickled."""
    if hasattr(value, "__next__"):
        return None
    try:
        reduced = value.__reduce_ex__(2)
    except Exception:
        return None
    return list(reduced[1:3]) if isinstance(reduced, tuple) else None


def first_difference(one: Iterable[Any], other: Iterable[Any]) -> tuple[str, str]:
    """The first leaves that differ, as `path value`; empty when those shown are the same."""
    for (path, mine), (theirs_path, theirs) in zip(one, other):
        if (path, mine) != (theirs_path, theirs):
            return f"{path} {mine}".strip(), f"{theirs_path} {theirs}".strip()
    return "", ""


def digest_all(values: Iterable[Any]) -> Digest:
    """The digest of several values as one."""
    return Digest(list(values))
