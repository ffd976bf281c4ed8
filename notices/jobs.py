"""The work of notices that no request waits for."""

from __future__ import annotations

import logging
import math
import smtplib
from typing import Any

from procrastinate import BaseRetryStrategy, JobContext, RetryDecision, RetryStrategy
from procrastinate.contrib.django import app
from procrastinate.jobs import Job

from notices import audiences, digests, letters, outbox, push
from notices.models import Mail, RefusedMail

logger = logging.getLogger(__name__)


class Patience(BaseRetryStrategy):
    """When to try a mail again: after 30 s, then after twice as long each time, an hour at most; for about a day."""

    FIRST_WAIT, LONGEST_WAIT = 30, 3600  # seconds
    TRIES = 30

    def is_final(self, error: BaseException) -> bool:
        return is_final(error)

    def wait_after(self, error: BaseException, tries: int) -> int | None:
        """Seconds to wait after ``tries`` tries, the last of which failed with ``error``; ``None`` to give up."""
        if tries >= self.TRIES or self.is_final(error):
            return None
        return min(self.FIRST_WAIT * 2 ** (tries - 1), self.LONGEST_WAIT)

    def get_retry_decision(self, *, exception: BaseException, job: Job) -> RetryDecision | None:
        # procrastinate counts the tries before this one.
        wait = self.wait_after(exception, job.attempts + 1)
        return None if wait is None else RetryDecision(retry_in={"seconds": wait})


def is_final(error: BaseException) -> bool:
    """Whether the mail server refused for good: a code of 500 and more (RFC 5321, 4.2.1), for every recipient."""
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        return all(code >= 500 for code, _ in error.recipients.values())
    if isinstance(error, smtplib.SMTPAuthenticationError):
        return False  # our own settings are wrong; they may be mended before the day is over
    return isinstance(error, smtplib.SMTPResponseException) and error.smtp_code >= 500


class PatienceWithDevices(Patience):
    """The same for a push service, for about an hour: what is older than that, the site itself has told.

    One that says when to come again is asked no earlier, an hour at most.
    """

    TRIES = 8

    def is_final(self, error: BaseException) -> bool:
        return not isinstance(error, push.NotTaken)

    def wait_after(self, error: BaseException, tries: int) -> int | None:
        wait, wanted = super().wait_after(error, tries), getattr(error, "wait", None)
        if wait is None or wanted is None:
            return wait
        return max(wait, math.ceil(min(wanted, self.LONGEST_WAIT)))


PATIENCE = Patience()
PATIENCE_WITH_DEVICES = PatienceWithDevices()


@app.task(name="notices.send_mail", retry=PATIENCE, pass_context=True)
def send_mail(context: JobContext, mail_id: int) -> None:
    """Send one mail of the outbox. One that is gone was sent by an earlier run of this job."""
    mail = Mail.claim(mail_id)
    if mail is None:
        return
    try:
        if not letters.is_stale(mail):
            mail.send()
    except Exception as error:
        mail.release()
        tries = context.job.attempts + 1
        if PATIENCE.wait_after(error, tries) is None:
            # Its text may hold a code and an address: what nobody will send is not kept.
            RefusedMail.note(mail, error, tries)
            mail.delete()
            logger.error("Gave up mail %s after %s tries: %s", mail_id, tries, type(error).__name__)
        raise


@app.periodic(cron="* * * * *")
@app.task(name="notices.write_due_letters", queueing_lock="notices.write_due_letters")
def write_due_letters(timestamp: int) -> None:
    """Every minute: letters that waited for their hour, or whose own job was lost."""
    push.send_due(_later)
    letters.write_due()


@app.task(name="notices.write_letters")
def write_letters() -> None:
    """Deferred with the letters themselves, for when they are due."""
    letters.write_due()


@app.task(name="notices.push_letters")
def push_letters() -> None:
    """The same for those that go to members' devices."""
    push.send_due(_later)


def _later(device_id: int, pairs: push.Pairs, failure: push.NotTaken) -> None:
    wait = PATIENCE_WITH_DEVICES.wait_after(failure, 1) or 0
    push_again.configure(schedule_in={"seconds": wait}).defer(device_id=device_id, pairs=list[Any](pairs))


@app.task(name="notices.push_again", retry=PATIENCE_WITH_DEVICES)
def push_again(device_id: int, pairs: list[Any]) -> None:
    """Hand over what a push service did not take. It is named by numbers: no words lie in the queue."""
    push.send_again(device_id, [(pk, list(parts)) for pk, parts in pairs])


@app.periodic(cron="*/10 * * * *")
@app.task(name="notices.take_up_again", queueing_lock="notices.take_up_again")
def take_up_again(timestamp: int) -> None:
    """Every ten minutes: mails and audiences whose worker has died get a job anew."""
    for pk in outbox.left_behind():
        send_mail.defer(mail_id=pk)
    for pk in audiences.left_behind():
        tell_audience.defer(audience_id=pk)


@app.task(name="notices.tell_audience", retry=RetryStrategy(max_attempts=5, wait=10))
def tell_audience(audience_id: int) -> None:
    """Tell all followers of one new thing, step by step."""
    while audiences.step(audience_id):
        pass


@app.periodic(cron="23 4 * * *")
@app.task(name="notices.forget_jobs", queueing_lock="notices.forget_jobs", pass_context=True)
async def forget_jobs(context: JobContext, timestamp: int) -> None:
    """Every night: what is known of jobs that were done three days ago; of those that failed, after a month."""
    await context.app.job_manager.delete_old_jobs(nb_hours=72)
    await context.app.job_manager.delete_old_jobs(nb_hours=720, include_failed=True)


@app.periodic(cron="5 * * * *")
@app.task(name="notices.send_digests", lock="send_digests", queueing_lock="send_digests")
def send_digests(timestamp: int) -> None:
    """Every hour: those whose day or week is over."""
    digests.send_due()
