"""The work of search and saving that no request waits for."""

from __future__ import annotations

from procrastinate.contrib.django import app

from forum import saving
from pages.searching import watching

MOST_ROUNDS = 50  # of one run; the next minute goes on


@app.periodic(cron="* * * * *")
@app.task(name="pages.tell_of_new_words", lock="tell_of_new_words", queueing_lock="tell_of_new_words")
def tell_of_new_words(timestamp: int) -> None:
    """Every minute; without new posts and comments it costs one look at an empty table."""
    for _ in range(MOST_ROUNDS):
        if not watching.tell_of_new_words():
            return


@app.periodic(cron="23 4 * * *")
@app.task(name="pages.forget_found", queueing_lock="pages.forget_found")
def forget_found(timestamp: int) -> None:
    """Every night: what searches found long ago, and saved posts and comments that were removed a day ago."""
    watching.forget_old()
    saving.forget_removed()
