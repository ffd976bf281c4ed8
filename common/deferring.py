"""Work handed to a job by the job's name, so that who hands it on need not know the room that does it."""

from __future__ import annotations

from typing import Any

from procrastinate.contrib.django import app


def defer(job: str, *, after: float = 0, **given: Any) -> None:
    """Have the job of this name done with what is ``given``, ``after`` so many seconds at the earliest.

    In the transaction of the caller: what is rolled back is never done. Raises ``TaskNotFound`` for no job's name.
    """
    more: dict[str, Any] = {"schedule_in": {"seconds": after}} if after else {}
    app.configure_task(job, allow_unknown=False, **more).defer(**given)
