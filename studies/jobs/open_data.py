"""The open data, written anew every night."""

from __future__ import annotations

from django.conf import settings
from procrastinate.contrib.django import app

from studies.open_data import writing


@app.periodic(cron="41 2 * * *")
@app.task(name="studies.write_open_data", lock="write_open_data", queueing_lock="write_open_data")
def write_open_data(timestamp: int) -> None:
    """May run twice: each file is replaced whole. One that is cut off leaves the files of the night before."""
    writing.write(settings.OPEN_DATA_DIR)
