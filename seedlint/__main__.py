"""`python -m seedlint`."""

from __future__ import annotations

import sys

from seedlint.cli import main

sys.exit(main())
