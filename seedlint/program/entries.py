"""Where a run of the project may start."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from pathlib import PurePosixPath

from seedlint.program.modules import ModuleFile, Program

NOT_RUN = frozenset({"setup.py", "conf.py", "noxfile.py", "__init__.py"})
"""Files that are run by tools, and train nothing."""


def is_test(module: ModuleFile) -> bool:
    """Whether a file is a test: by its folder, or by its name and what it defines."""
    path = PurePosixPath(module.path)
    if path.name == "conftest.py" or any(part in ("tests", "test", "testing") for part in path.parts[:-1]):
        return not module.summary.main or bool(module.summary.tests)
    named = path.stem.startswith("test_") or path.stem.endswith("_test")
    return named and bool(module.summary.tests)


def is_collected(module: ModuleFile) -> bool:
    """Whether a test runner takes a file for a module of tests: by its name."""
    name = PurePosixPath(module.path).name
    return name.endswith(".py") and (name.startswith("test") or name.endswith("_test.py"))


def entries(program: Program, tests: bool = False) -> list[str]:
    """The modules that are run: those with a main block, and scripts that no other module imports."""
    imported = imported_modules(program)
    out = []
    for name, module in program.modules.items():
        file = PurePosixPath(module.path).name
        script = name not in imported and file not in NOT_RUN
        if tests if is_test(module) else module.summary.main or script or file == "__main__.py":
            out.append(name)
    return out


def named(wanted: Iterable[str], modules: Mapping[str, str]) -> list[str]:
    """The entries that are asked for as `FILE` or `FILE:FUNCTION`; `modules` maps absolute paths to modules.

    An entry is a module that is run, or `module/function` for a function that is called after the import.
    """
    out = []
    for text in wanted:
        file, function = split(text)
        module = modules.get(os.path.realpath(file))
        if module is not None:
            out.append(f"{module}/{function}" if function else module)
    return list(dict.fromkeys(out))


def split(text: str) -> tuple[str, str]:
    """(file, dotted name of a function or nothing) of `FILE[:FUNCTION]`."""
    file, colon, function = text.rpartition(":")
    if colon and file and all(part.isidentifier() for part in function.split(".")):
        return file, function
    return text, ""


def imported_modules(program: Program) -> set[str]:
    """The modules that some module of the project imports."""
    out = set()
    for name, module in program.modules.items():
        for level, dotted in module.summary.imports:
            target = program.resolve(name, level, dotted)
            if target is not None and target != name:
                out.add(target)
    return out
