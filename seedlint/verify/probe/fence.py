"""Confines a run: no network, no writes outside its folder, bounded time, memory, files and processes."""

from __future__ import annotations

import contextlib
import ctypes
import fcntl
import glob
import os
import resource
import socket
import struct
import sys

_NEW_USER, _NEW_NET = 0x10000000, 0x40000000
_SUBREAPER, _DEATH_SIGNAL, _NO_NEW_PRIVILEGES = 36, 1, 38
_CREATE, _ADD, _RESTRICT = 444, 445, 446
_WRITES = 0b1111111110010  # every right of Landlock's first version that changes a file system
_REFER, _TRUNCATE = 1 << 13, 1 << 14
MOST_PROCESSES = 128


def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)


def no_network() -> bool:
    """Leave this process and its children the loopback interface only; needs a process without threads."""
    if not sys.platform.startswith("linux"):
        return False
    user, group = os.getuid(), os.getgid()
    try:
        if _libc().unshare(_NEW_USER | _NEW_NET) != 0:
            return False
        for name, text in (("setgroups", "deny"), ("uid_map", f"{user} {user} 1"), ("gid_map", f"{group} {group} 1")):
            with open(f"/proc/self/{name}", "w") as handle:
                handle.write(text)
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
            fcntl.ioctl(probe, 0x8914, struct.pack("16sh14x", b"lo", 0x49))
    except OSError:
        pass
    return True


def devices() -> list[str]:
    """The device files that a program may open for writing: those that hold nothing, and GPUs."""
    plain = ["/dev/shm", "/dev/null", "/dev/zero", "/dev/tty", "/dev/ptmx", "/dev/pts", "/dev/dri", "/dev/kfd"]
    return [*plain, *glob.glob("/dev/nvidia*")]


def no_writes_outside(folders: list[str]) -> bool:
    """Let this process and its children change files below some folders only."""
    if not sys.platform.startswith("linux"):
        return False
    try:
        return _landlock(folders)
    except (OSError, AttributeError):
        return False


def _landlock(folders: list[str]) -> bool:
    libc = _libc()
    version = libc.syscall(_CREATE, None, ctypes.c_size_t(0), ctypes.c_uint(1))
    if version < 1:
        return False
    rights = _WRITES | (_REFER if version >= 2 else 0) | (_TRUNCATE if version >= 3 else 0)
    wanted = ctypes.create_string_buffer(struct.pack("Q", rights))
    ruleset = libc.syscall(_CREATE, wanted, ctypes.c_size_t(8), ctypes.c_uint(0))
    if ruleset < 0:
        return False
    try:
        for folder in folders:
            if not os.path.exists(folder):
                continue
            below = os.open(folder, os.O_PATH)
            allowed = rights if os.path.isdir(folder) else rights & (2 | _TRUNCATE)
            rule = ctypes.create_string_buffer(struct.pack("=Qi", allowed, below))
            libc.syscall(_ADD, ctypes.c_int(ruleset), ctypes.c_uint(1), rule, ctypes.c_uint(0))
            os.close(below)
        if libc.prctl(_NO_NEW_PRIVILEGES, 1, 0, 0, 0) != 0:
            return False
        return bool(libc.syscall(_RESTRICT, ctypes.c_int(ruleset), ctypes.c_uint(0)) == 0)
    finally:
        os.close(ruleset)


def standing(folder: str) -> dict[str, bool]:
    """Which fences that depend on the system can be put up here; tried in a process of its own."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            up = {"network": no_network(), "writes": no_writes_outside([folder])}
            os.write(writing, "".join("01"[value] for value in up.values()).encode())
        finally:
            os._exit(0)
    os.close(writing)
    with os.fdopen(reading, "rb") as answer:
        told = answer.read()
    with contextlib.suppress(ChildProcessError):
        os.waitpid(child, 0)
    return {"network": told[:1] == b"1", "writes": told[1:] == b"1"}


def limit(seconds: int, memory: int, file_size: int) -> None:
    """Bound CPU time, address space (0: not) and the size of each file."""
    for what, amount in (
        (resource.RLIMIT_CPU, seconds),
        (resource.RLIMIT_AS, memory),
        (resource.RLIMIT_FSIZE, file_size),
        (resource.RLIMIT_CORE, 0),
    ):
        if amount or what == resource.RLIMIT_CORE:
            _, hard = resource.getrlimit(what)
            bound = amount if hard == resource.RLIM_INFINITY else min(amount, hard)
            resource.setrlimit(what, (bound, hard))


def adopt_orphans() -> None:
    """Become the parent of every process that a child leaves behind."""
    if sys.platform.startswith("linux"):
        _libc().prctl(_SUBREAPER, 1, 0, 0, 0)


def die_with_parent() -> None:
    """Be killed when the parent ends."""
    if sys.platform.startswith("linux"):
        _libc().prctl(_DEATH_SIGNAL, 9, 0, 0, 0)


def descendants(root: int) -> list[int]:
    """The processes below one, children before grandchildren."""
    children: dict[int, list[int]] = {}
    for pid, parent in _processes():
        children.setdefault(parent, []).append(pid)
    found: list[int] = []
    waiting = [root]
    while waiting:
        below = children.get(waiting.pop(), [])
        found += below
        waiting += below
    return found


def _processes() -> list[tuple[int, int]]:
    out = []
    try:
        names = [name for name in os.listdir("/proc") if name.isdigit()]
    except OSError:
        return []
    for name in names:
        try:
            with open(f"/proc/{name}/stat", "rb") as handle:
                fields = handle.read().rpartition(b")")[2].split()
            out.append((int(name), int(fields[1])))
        except (OSError, IndexError, ValueError):
            continue
    return out


def end_all(root: int) -> None:
    """Kill everything below a process, until nothing is left."""
    for _ in range(200):
        below = descendants(root)
        for pid in below:
            with contextlib.suppress(OSError):
                os.kill(pid, 9)
        reaped = _reap()
        if not below and not reaped:
            return


def _reap() -> bool:
    any_reaped = False
    while True:
        try:
            pid, _ = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return any_reaped
        if pid == 0:
            return any_reaped
        any_reaped = True
