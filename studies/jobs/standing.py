"""The weekly look at the standing of every study, as a job of many small parts."""

from __future__ import annotations

from contextlib import suppress

from django.conf import settings
from django.db import connection
from procrastinate import RetryStrategy
from procrastinate.contrib.django import app
from procrastinate.exceptions import AlreadyEnqueued

STEPS = 20  # batches in one job
# After a minute, then twice as long each time; what the door gave up for good is tried again the next night.
PATIENCE = RetryStrategy(max_attempts=6, exponential_wait=60)


@app.periodic(cron="23 3 * * *")
@app.task(name="studies.begin_standing_rounds")
def begin_standing_rounds(timestamp: int) -> None:
    """Every night: begin the rounds that are due, and go on with those that were cut off. Never on a demo or test site,
    which has no business with other people's servers."""
    from studies import rounds

    if settings.LOCAL:
        return
    for source in rounds.SOURCES:
        if rounds.begin(source):
            _go_on(source)


@app.task(name="studies.ask_about_standing", retry=PATIENCE)
def ask_about_standing(source: str) -> None:
    """Ask one source about the next studies of its round; then make place for other work, and go on after it."""
    from studies import rounds

    try:
        for _ in range(STEPS):
            if not rounds.step(source):
                return
        _go_on(source)
    finally:
        if not connection.in_atomic_block:
            connection.close()  # the worker's thread must not keep it


def _go_on(source: str) -> None:
    name = f"studies.standing.{source}"
    with suppress(AlreadyEnqueued):
        ask_about_standing.configure(lock=name, queueing_lock=name).defer(source=source)
