"""Who may import whom: down only."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
FLOORS = ["common", "accounts", "notices", "moderation", "forum", "studies", "pages api", "config"]
HEIGHT = {app: height for height, apps in enumerate(FLOORS) for app in apps.split()}


def imports_of(path: Path) -> set[str]:
    """The first word of everything a file imports, wherever in the file it does."""
    names = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names.add(node.module)
    return {name.split(".")[0] for name in names}


def files() -> list[Path]:
    return [path for app in HEIGHT for path in sorted((ROOT / app).rglob("*.py")) if "migrations" not in path.parts]


@pytest.mark.parametrize("path", files(), ids=lambda path: str(path.relative_to(ROOT)))
def test_a_floor_imports_only_from_those_below(path: Path) -> None:
    floor = path.relative_to(ROOT).parts[0]
    above = {name for name in imports_of(path) if name in HEIGHT and name != floor and HEIGHT[name] >= HEIGHT[floor]}
    assert not above, f"{path.relative_to(ROOT)} imports {', '.join(sorted(above))}, which stands no lower"


def test_work_is_handed_to_jobs_by_their_names_alone() -> None:
    knows = re.compile(r"^\s*(from \w+ import .*\bjobs\b|from \w+\.jobs\b|import \w+\.jobs\b)", re.MULTILINE)
    rooms = [path for path in files() if path.stem != "jobs" and path.parent.name != "jobs"]
    found = [path for path in rooms if knows.search(path.read_text(encoding="utf-8"))]
    assert not found, "common.deferring hands work to a job without knowing it"


@pytest.mark.parametrize("path", [path for path in files() if path.parts[-2:] and "forum" in path.parts], ids=str)
def test_the_forum_never_names_a_study(path: Path) -> None:
    words = {node.id for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))) if isinstance(node, ast.Name)}
    assert not {word for word in words if "study" in word.lower() or "studies" in word.lower()}
