"""Members who were here before their days were counted."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core.management import call_command
from django.utils import timezone

from forum import known
from forum.models import Post, Visit
from moderation.models import Trust
from tests.builders import make_category, make_member, make_post

pytestmark = pytest.mark.django_db


def test_have_the_days_and_the_posts_that_their_words_and_votes_tell_of(settings, capsys) -> None:
    settings.TRUST_LEVELS = [
        {"name": "New", "days": 0, "read": 0, "points": 0}, {"name": "Known", "days": 3, "read": 3, "points": 0},
    ]  # fmt: skip
    old, new = make_member(), make_member()
    now = timezone.now()
    posts = [make_post(posted_at=now - timedelta(days=days)) for days in (30, 20, 10)]
    for post, days in zip(posts, (29, 19, 9), strict=True):
        post.add_comment(old, "Words", posted_at=now - timedelta(days=days))
    posts[0].add_comment(old, "More words on the same day", posted_at=now - timedelta(days=29))
    posts[0].upvote(new)
    call_command("know_members")
    assert "1 members" in capsys.readouterr().out
    trust = Trust.objects.get(member=old)
    assert (trust.days, trust.level) == (3, 1)
    assert Visit.objects.filter(member=old).count() == 3
    assert (Trust.objects.get(member=new).days, Trust.objects.get(member=new).level) == (1, 0)
    assert known.learn() == 0 and Trust.objects.get(member=old).days == 3


def test_are_not_known_by_what_stands_under_a_pseudonym() -> None:
    member = make_member()
    Post.write(author=member, category=make_category(), title="Mine", body="Words", masked=True)
    known.learn()
    assert not Trust.objects.filter(member=member).exists() and not Visit.objects.filter(member=member).exists()
