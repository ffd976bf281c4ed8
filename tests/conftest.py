"""What all tests share: a database of their own that is a copy of the migrated one, and how hypothesis draws."""

from __future__ import annotations

import os

import hypothesis
import pytest
from django.conf import settings as site
from django.db import connections
from pytest_django.plugin import blocking_manager_key

from tests.databases import copy_migrated, migrated

emptied = pytest.StashKey[bool]()  # of the run: whether a test that commits has emptied this process's tables

# Every run draws the same, and takes the time it needs: a red run is a fault of what was changed, and of nothing else.
# ``DRAWS_ANEW=1`` looks for what nobody has met yet.
hypothesis.settings.register_profile(
    "studyhall",
    derandomize=not os.environ.get("DRAWS_ANEW"),
    deadline=None,
    suppress_health_check=[hypothesis.HealthCheck.too_slow],
    database=None,
    print_blob=True,
)
hypothesis.settings.load_profile("studyhall")


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings_parallel_suffix: None, django_db_blocker) -> None:
    """As pytest-django's, which every test's database goes through; Django's runner then copies instead of migrating."""
    with django_db_blocker.unblock():
        name = migrated()
    for settings in (site.DATABASES["default"], connections.settings["default"]):
        settings.setdefault("TEST", {})["TEMPLATE"] = name


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Give a test the migrated rows again where one before it has committed, after which pytest-django empties all tables.

    Tests that commit come last; but processes that share a run take tests off each other's end, and so may have
    others after them.
    """
    marker, fixtures = item.get_closest_marker("django_db"), getattr(item, "fixturenames", ())
    stash = item.config.stash
    if (marker and marker.kwargs.get("transaction")) or "transactional_db" in fixtures:
        stash[emptied] = True
    elif (marker or "db" in fixtures) and stash.get(emptied, False):
        with stash[blocking_manager_key].unblock():
            copy_migrated()
        stash[emptied] = False
