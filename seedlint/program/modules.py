"""Which module of the project an import names."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from seedlint.index.summary import Summary
from seedlint.program.settings import Settings

SOURCE_FOLDERS = ("src", "lib", "python")
"""Folders under a project's root that are commonly put on the path."""


@dataclass(frozen=True, slots=True)
class ModuleFile:
    """One module: its dotted name from the project's root, its path there, and what it says."""

    name: str
    path: str
    summary: Summary
    package: bool


@dataclass(slots=True)
class Program:
    """All modules of one project.

    Import names are searched as an interpreter would that was started on the importing file: from
    the folder above its topmost package, then the folders above that, then the source folders.
    """

    modules: dict[str, ModuleFile]
    libraries: frozenset[str] = frozenset()
    settings: Settings = field(default_factory=lambda: Settings(None))
    _bases: dict[str, tuple[str, ...]] = field(default_factory=dict)
    _suffixes: dict[str, str | None] = field(default_factory=dict)
    _parents: set[str] = field(default_factory=set)

    def package_of(self, module: str) -> str:
        """The dotted name of the package that a module's relative imports start from."""
        return module if self.modules[module].package else module.rpartition(".")[0]

    def at(self, path: str) -> str | None:
        """The module whose file lies at a path from the project's root, or None."""
        return next((name for name, module in self.modules.items() if module.path == path), None)

    def resolve(self, importer: str, level: int, dotted: str) -> str | None:
        """The project's module that `dotted` names in `importer`, or None.

        A package at the project's root is meant also where a library has its name: the project is that library.
        """
        if level:
            (base,) = self.bases_of_import(importer, level)
            name = f"{base}.{dotted}".strip(".") if dotted else base
            return name if name in self.modules else None
        root = dotted.partition(".")[0]
        own = root in self.modules and self.modules[root].package
        for base in self.bases(importer, root in self.libraries and not own):
            name = f"{base}.{dotted}" if base else dotted
            if name in self.modules and name != importer:
                return name
        return None

    def bases_of_import(self, importer: str, level: int) -> tuple[str, ...]:
        """Dotted folders to search for what a module imports, with as many dots."""
        if not level:
            return self.bases(importer, False)
        base = self.package_of(importer)
        for _ in range(level - 1):
            base = base.rpartition(".")[0]
        return (base,)

    def contains(self, importer: str, level: int, dotted: str) -> bool:
        """Whether `dotted` is a folder of the project without an `__init__.py`, and means it.

        A library's name means the library, wherever a folder without an `__init__.py` has it too.
        """
        if not level and dotted.partition(".")[0] in self.libraries:
            return False
        return self.has_folder(importer, level, dotted)

    def has_folder(self, importer: str, level: int, dotted: str) -> bool:
        """Whether there is a folder that holds modules where `dotted` is searched for."""
        names = [f"{base}.{dotted}".strip(".") for base in self.bases_of_import(importer, level)]
        return any(name in self._folders() for name in names)

    def _folders(self) -> set[str]:
        if not self._parents:
            self._parents.update(name.rpartition(".")[0] for name in self.modules)
        return self._parents

    def bases(self, importer: str, library: bool) -> tuple[str, ...]:
        """Dotted folders to search for absolute imports; only the first two for a library's name."""
        found = self._bases.get(importer)
        if found is None:
            top = self.package_of(importer)
            while top and top in self.modules and self.modules[top].package:
                top = top.rpartition(".")[0]
            own = importer.rpartition(".")[0]
            chain = [top]
            while top:
                top = top.rpartition(".")[0]
                chain.append(top)
            chain += [f"{base}.{folder}".strip(".") for base in chain for folder in SOURCE_FOLDERS]
            chain.append(own)
            found = tuple(dict.fromkeys(chain))
            self._bases[importer] = found
        return found[:1] if library else found


def module_name(path: str) -> tuple[str, bool]:
    """(dotted name, whether it is a package) of a file at a path from the project's root."""
    pure = PurePosixPath(path)
    if pure.name == "__init__.py":
        return ".".join(pure.parts[:-1]), True
    return ".".join((*pure.parts[:-1], pure.stem)), False


def build(summaries: Mapping[str, Summary], libraries: Iterable[str], root: Path | None = None) -> Program:
    """Make a Program of the summaries of a project's files, by path from its root."""
    modules = {}
    for path in sorted(summaries, key=lambda path: (path.endswith(".ipynb"), path)):
        name, package = module_name(path)
        if name in modules and path.endswith(".ipynb"):
            name += "(notebook)"
        modules[name] = ModuleFile(name, path, summaries[path], package)
    return Program(modules, frozenset(libraries), Settings(root))
