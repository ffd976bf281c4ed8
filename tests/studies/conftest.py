"""What the tests of studies share: the price of reading a file."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.tools.hostile import Cost, measuring


@pytest.fixture(scope="module")
def cost() -> Iterator[Callable[[Path], Cost]]:
    """Gives a function that tells what reading a file costs a process of its own."""
    with measuring() as asked:
        yield asked
