"""The forum's work that no request waits for."""

from __future__ import annotations

from procrastinate.contrib.django import app

from forum import drafts, history


@app.periodic(cron="41 4 * * *")
@app.task(name="forum.erase_removed", queueing_lock="forum.erase_removed")
def erase_removed(timestamp: int) -> None:
    """Every night: earlier versions that their authors had taken out a month ago."""
    history.erase_removed()


@app.periodic(cron="47 4 * * *")
@app.task(name="forum.sweep_drafts", queueing_lock="forum.sweep_drafts")
def sweep_drafts(timestamp: int) -> None:
    """Every night: drafts that nobody has written on for three months."""
    drafts.sweep()
