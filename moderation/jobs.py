"""Moderation's work that no request waits for."""

from __future__ import annotations

from procrastinate import RetryStrategy
from procrastinate.contrib.django import app

from moderation import badges, limits, linking, spam_check, trust


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


@app.task(name="moderation.check_words")
def check_words(pk: int) -> None:
    """Deferred with words that are to be checked for spam."""
    spam_check.check(pk)


@app.periodic(cron="*/5 * * * *")
@app.task(name="moderation.check_due_words", queueing_lock="moderation.check_due_words")
def check_due_words(timestamp: int) -> None:
    """Every five minutes: words whose check failed, or whose job was lost."""
    spam_check.check_due()


@app.task(name="moderation.tell_spam_check", retry=RetryStrategy(max_attempts=4, exponential_wait=6))
def tell_spam_check(pk: int, truth: str) -> None:
    """Deferred where a moderator finds that the check was wrong."""
    spam_check.tell(pk, truth)


@app.periodic(cron="33 4 * * *")
@app.task(name="moderation.sweep_checked", queueing_lock="moderation.sweep_checked")
def sweep_checked(timestamp: int) -> None:
    """Every night: what was checked three months ago."""
    spam_check.sweep()
