"""The head and the foot of a comment, drawn once for all that look alike, say of each what the template says of it."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from django.contrib.auth.models import AnonymousUser
from django.template.loader import render_to_string
from django.utils.translation import override

from accounts.models import Member
from common import stencils
from common.templatetags.studyhall import age
from forum import saving
from forum.models import Comment
from forum.templatetags import comments as parts
from tests.builders import make_category, make_comment, make_member, make_moderator, make_post

pytestmark = pytest.mark.django_db

HOSTILE = '<b title="{pk}">{0} %(name)s {{ x }} \ue000name\ue001'


@pytest.fixture
def post():
    return make_post(category=make_category())


def shown_to(comment: Comment, user, **context) -> tuple[str, str]:
    """The foot as it is filled in for this reader, and as the template draws it for the comment itself."""
    context = {
        "user": user,
        "voted_comments": set(),
        "kept": saving.Kept(),
        "answer": None,
        "may_mark": False,
        **context,
    }
    drawn = render_to_string(parts.Foot.template, {"comment": comment, **context})
    return " ".join(parts.comment_foot(context, comment).split()), " ".join(drawn.split())


def head_of(comment: Comment) -> tuple[str, str]:
    hidden = comment.is_hidden and not comment.is_waiting
    context = {"pk": comment.pk, "byline": comment.byline, "edited": comment.edited_at, "hidden": hidden}
    drawn = render_to_string(parts.Head.template, {**context, "age": age(comment.posted_at)})
    return " ".join(parts.comment_head(comment).split()), " ".join(drawn.split())


@pytest.mark.parametrize("language", ["en", "de"])
class TestSameAsTheTemplate:
    def test_the_foot_for_whoever_reads_it(self, post, language):
        comment, reader = make_comment(post), make_member()
        saved, voted = {"kept": saving.Kept(comments={comment.pk})}, {"voted_comments": {comment.pk}}
        others = {"kept": saving.Kept(comments={comment.pk + 1}), "voted_comments": {comment.pk + 1}}
        answer, other_answer = SimpleNamespace(pk=comment.pk), SimpleNamespace(pk=comment.pk + 1)
        with override(language):
            for user in (AnonymousUser(), reader, comment.author, make_moderator()):
                for context in ({}, saved, voted, saved | voted, others, {"answer": answer}, {"answer": other_answer}):
                    for may_mark in (False, True):
                        filled, drawn = shown_to(comment, user, **context, may_mark=may_mark)
                        assert filled == drawn
                        assert str(comment.pk) in filled

    def test_the_foot_in_a_thread_where_nobody_answers(self, post, language):
        comment = make_comment(post)
        for change in ({"is_locked": True}, {"is_hidden": True}):
            for name, value in change.items():
                setattr(comment.post, name, value)
            with override(language):
                for user in (AnonymousUser(), make_member(), comment.author):
                    filled, drawn = shown_to(comment, user)
                    assert filled == drawn

    def test_the_head_for_whoever_wrote_it(self, post, language):
        named, pictured, gone = make_comment(post), make_comment(post), make_comment(post)
        pictured.author.avatar, pictured.author.flair = "0123abcd", HOSTILE
        gone.author.is_active = False
        former, masked, edited, hidden = make_comment(post), make_comment(post), make_comment(post), make_comment(post)
        former.author = masked.author = None
        masked.pseudonym = HOSTILE
        edited.edited_at, hidden.is_hidden = edited.posted_at, True
        with override(language):
            for comment in (named, pictured, gone, former, masked, edited, hidden):
                filled, drawn = head_of(comment)
                assert filled == drawn


class TestDrawnOnce:
    def test_for_all_that_look_alike(self, post):
        comments = [make_comment(post, author=make_member(f"writer_{number}x")) for number in range(3)]
        stencils._draw.cache_clear()
        reader = make_member()
        pages = [shown_to(comment, reader)[0] for comment in comments]
        assert stencils._draw.cache_info().misses == 1
        assert len(set(pages)) == 3
        shown_to(comments[0], reader, voted_comments={comments[0].pk})
        assert stencils._draw.cache_info().misses == 2

    def test_with_nothing_of_anybody(self, post):
        comment = make_comment(post, author=make_member("somebody_named"))
        Member.objects.filter(pk=comment.author_id).update(flair="Proved words", avatar="0123abcd")
        comment = Comment.objects.get(pk=comment.pk)
        stencils._draw.cache_clear()
        drawn: list[str] = []
        whole = stencils._draw.__wrapped__
        keep = lambda *given: drawn.append(whole(*given)) or drawn[-1]  # noqa: E731
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(stencils, "_draw", keep)
            shown_to(comment, make_member())
            head_of(comment)
        assert len(drawn) == 2
        for word in ("somebody_named", "Proved words", "0123abcd", f"comment-{comment.pk}", f"/{comment.pk}/"):
            assert not [each for each in drawn if word in each]
