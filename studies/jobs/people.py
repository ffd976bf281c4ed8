"""Telling followers of new studies, and forgetting what nobody needs any more."""

from __future__ import annotations

from procrastinate.contrib.django import app

from studies import arrivals, keeping

MOST_ROUNDS = 50  # of one run; the next minute goes on


@app.periodic(cron="* * * * *")
@app.task(name="studies.tell_of_new_studies", lock="tell_of_new_studies", queueing_lock="tell_of_new_studies")
def tell_of_new_studies(timestamp: int) -> None:
    """Every minute; without new studies it costs one look at an empty table."""
    for _ in range(MOST_ROUNDS):
        if not arrivals.tell_of_new_studies():
            return


@app.periodic(cron="17 4 * * *")
@app.task(name="studies.forget_what_is_old", queueing_lock="forget_what_is_old")
def forget_what_is_old(timestamp: int) -> None:
    keeping.forget_removed()
    arrivals.forget_old()
