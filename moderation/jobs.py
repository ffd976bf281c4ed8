"""Moderation's work that no request waits for."""

from __future__ import annotations

from procrastinate.contrib.django import app

from moderation import limits


@app.periodic(cron="17 4 * * *")
@app.task(name="moderation.sweep_limits", queueing_lock="moderation.sweep_limits")
def sweep_limits(timestamp: int) -> None:
    """Forget limits that nobody is using any more."""
    limits.sweep()
