"""Drafts that a model writes: what it takes to answer is more than a request may wait."""

from __future__ import annotations

from procrastinate.contrib.django import app

from studies import drafting


@app.task(name="studies.write_draft")
def write_draft(draft_id: int) -> None:
    """Have the draft of this row written; one that is written stays as it is."""
    drafting.write(draft_id)
