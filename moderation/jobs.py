"""Moderation's work that no request waits for."""

from __future__ import annotations

from procrastinate.contrib.django import app

from moderation import badges, limits, linking, trust


@app.periodic(cron="17 4 * * *")
@app.task(name="moderation.sweep_limits", queueing_lock="moderation.sweep_limits")
def sweep_limits(timestamp: int) -> None:
    """Forget limits that nobody is using any more."""
    limits.sweep()


@app.periodic(cron="12 0 * * *")
@app.task(name="moderation.compute_trust", lock="moderation.compute_trust", queueing_lock="moderation.compute_trust")
def compute_trust(timestamp: int) -> None:
    """Every night: the trust levels of all whom yesterday can have changed."""
    trust.compute_all()


@app.periodic(cron="27 0 * * *")
@app.task(name="moderation.award_badges", lock="moderation.award_badges", queueing_lock="moderation.award_badges")
def award_badges(timestamp: int) -> None:
    """Every night: badges are what the facts say."""
    badges.award_all()


@app.periodic(cron="23 4 * * *")
@app.task(name="moderation.sweep_traces", queueing_lock="moderation.sweep_traces")
def sweep_traces(timestamp: int) -> None:
    """Every night: where members signed in from more than a month ago."""
    linking.sweep()
