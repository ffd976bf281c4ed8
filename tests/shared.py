"""Real data beside the checkout; a test that needs a file of it is skipped, with its name, where it is absent."""

from pathlib import Path

import pytest

FOLDER = Path(__file__).resolve().parents[2] / "shared" / "data"


def shared_file(name: str) -> Path:
    path = FOLDER / name
    if not path.exists():
        pytest.skip(f"shared/data/{name} is not here")
    return path
