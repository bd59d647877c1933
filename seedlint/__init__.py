"""seedlint finds the line that makes two runs of the same training command differ, and proves it."""

from __future__ import annotations


def load_ipython_extension(shell: object) -> None:
    """`%load_ext seedlint`: show findings under the cell that was just run."""
    from seedlint.integrations.notebook import load

    load(shell)


def unload_ipython_extension(shell: object) -> None:
    """`%unload_ext seedlint`: stop showing them."""
    from seedlint.integrations.notebook import unload

    unload(shell)
