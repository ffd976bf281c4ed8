"""``.env.example`` names every variable that the settings read, and no other."""

import ast
import re

from django.conf import settings

EXAMPLE = settings.BASE_DIR / ".env.example"


def read_by_settings() -> set[str]:
    """The variables that ``config/settings.py`` asks ``env`` for."""
    tree = ast.parse((settings.BASE_DIR / "config/settings.py").read_text())
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)]
    asked = [call for call in calls if isinstance(call.func.value, ast.Name) and call.func.value.id == "env"]
    return {str(word.value) for call in asked for word in call.args[:1] if isinstance(word, ast.Constant)}


def named_in_example() -> list[str]:
    return re.findall(r"^# ([A-Z][A-Z0-9_]+)=", EXAMPLE.read_text(), re.MULTILINE)


def test_names_what_the_settings_read() -> None:
    assert set(named_in_example()) == read_by_settings()


def test_names_each_once() -> None:
    assert len(named_in_example()) == len(set(named_in_example()))


def test_sets_nothing_by_itself() -> None:
    lines = EXAMPLE.read_text().splitlines()
    assert [line for line in lines if line and not line.startswith("#")] == []


def test_explains_each() -> None:
    blocks = re.split(r"\n\s*\n", EXAMPLE.read_text())
    bare = [block for block in blocks if re.match(r"# [A-Z][A-Z0-9_]+=", block)]
    assert bare == []
