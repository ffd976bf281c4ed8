"""Databases of a test run: the migrated one, made once however many processes the run has, and copies of it.

To migrate costs more processor time than any test. ``python -m tests.databases`` makes the migrated one ahead, while
the processes of a run still collect their tests.
"""

from __future__ import annotations

import fcntl
import gc
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

MIGRATED = "studyhall_migrated"  # as the migrations leave it; nobody is served from it and no test writes there
DEMO = "browser_demo"
TRIES = 5


def migrated() -> str:
    """The name of the migrated database, which is there once this returns."""
    return once(MIGRATED, _migrate)


def _migrate() -> None:
    from django.core.management import call_command

    create(MIGRATED)
    with used(MIGRATED):
        call_command("migrate", verbosity=0)


def copy_migrated() -> None:
    """Make the test database anew, as the migrations leave it."""
    from django.contrib.contenttypes.models import ContentType
    from django.db import connection

    connection.close()
    create(connection.settings_dict["NAME"], template=migrated())
    ContentType.objects.clear_cache()


def demo() -> str:
    """The name of the database with the demo as shipped; nobody is served from it either."""
    return once(DEMO, _load)


def _load() -> None:
    from django.core.management import call_command

    create(DEMO, template=migrated())
    with used(DEMO):
        call_command("load_demo", verbosity=0)


def once(name: str, make: Callable[[], None]) -> str:
    """Make what ``name`` stands for, unless a process of this run has done so; others wait meanwhile. Gives the name."""
    with (Path(os.environ["STUDYHALL_TEST_RUN"]) / f"{name}.lock").open("a+") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        lock.seek(0)
        if not lock.read():
            make()
            lock.write("made")
    return name


def create(name: str, template: str = "") -> None:
    """Make a database, empty or as a copy; one of that name is gone."""
    from django.db import OperationalError, connection

    drop(name)
    copying = f' TEMPLATE "{template}"' if template else ""
    for tries_left in reversed(range(TRIES)):
        try:
            with connection._nodb_cursor() as cursor:
                cursor.execute(f'CREATE DATABASE "{name}"{copying}')
            return
        except OperationalError:  # PostgreSQL may be at the template itself (autovacuum), and then copies it for nobody
            if not tries_left:
                raise
            time.sleep(1)


def drop(name: str) -> None:
    from django.db import connection

    with connection._nodb_cursor() as cursor:
        cursor.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


@contextmanager
def used(name: str) -> Iterator[None]:
    """Within it, every thread's new connections lead to the database ``name``."""
    from django.contrib.contenttypes.models import ContentType
    from django.db import connection, connections

    connection.close()
    before = connections.settings["default"]["NAME"]
    connections.settings["default"]["NAME"] = name
    ContentType.objects.clear_cache()  # each database has its own numbers for them
    try:
        yield
    finally:
        connection.close()
        connections.settings["default"]["NAME"] = before
        ContentType.objects.clear_cache()


if __name__ == "__main__":
    from environs import Env

    Env.read_env = lambda *arguments, **options: True  # as in tests/database_plugin.py
    import django

    os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"
    django.setup()
    gc.disable()  # it would look at every class that migrations make and drop, at a quarter of their whole cost
    migrated()
