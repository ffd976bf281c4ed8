"""What all tests share: a database of their own that is a copy of the migrated one."""

from __future__ import annotations

import pytest
from django.conf import settings as site
from django.db import connections

from tests.databases import migrated


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings_parallel_suffix: None, django_db_blocker) -> None:
    """As pytest-django's, which every test's database goes through; Django's runner then copies instead of migrating."""
    with django_db_blocker.unblock():
        name = migrated()
    for settings in (site.DATABASES["default"], connections.settings["default"]):
        settings.setdefault("TEST", {})["TEMPLATE"] = name
