"""The work of accounts that no request waits for."""

from __future__ import annotations

from procrastinate.contrib.django import app

from accounts import copying, leaving
from accounts.models import DataCopy


@app.task(name="accounts.make_copy", lock="accounts.make_copy")
def make_copy(copy_id: int) -> None:
    """Make one copy of a member's data; the site makes one at a time."""
    copy = DataCopy.claim(copy_id)
    if copy is None:
        return
    try:
        copying.make(copy)
    except Exception:
        DataCopy.objects.filter(pk=copy_id, file=copy.file).update(state=DataCopy.State.FAILED)
        raise


@app.periodic(cron="29 * * * *")
@app.task(name="accounts.sweep_copies", queueing_lock="accounts.sweep_copies")
def sweep_copies(timestamp: int) -> None:
    """Every hour: copies whose week is over."""
    copying.sweep()


@app.periodic(cron="*/10 * * * *")
@app.task(
    name="accounts.carry_out_leaving", lock="accounts.carry_out_leaving", queueing_lock="accounts.carry_out_leaving"
)
def carry_out_leaving(timestamp: int) -> None:
    """Every ten minutes: those whose 14 days are over, for a minute at a time."""
    leaving.carry_out_due()
