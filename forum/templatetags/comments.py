"""The two parts of a comment that look alike under all of them: its head, and what can be done with it."""

from __future__ import annotations

from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any, ClassVar

from django import template
from django.urls import reverse
from django.utils.safestring import SafeString

from common.stencils import NUMBER, filled, gap
from common.templatetags.studyhall import age
from forum.models.signed import Byline

register = template.Library()


@dataclass(frozen=True)
class Head:
    """All that decides what the head of a comment looks like: the same for whoever may read it."""

    leads_somewhere: bool
    has_member: bool
    has_picture: bool
    has_flair: bool
    is_masked: bool
    is_edited: bool
    is_hidden: bool

    template: ClassVar[str] = "forum/comments/_head.html"

    def context(self) -> dict[str, Any]:
        member = SimpleNamespace(
            avatar=gap("picture") if self.has_picture else "",
            avatar_key=gap("picture"),
            flair=gap("flair") if self.has_flair else "",
        )
        url = gap("url") if self.leads_somewhere else ""
        byline = Byline(gap("name"), url, member if self.has_member else None, self.is_masked)
        return {"pk": NUMBER, "byline": byline, "age": gap("age"), "edited": self.is_edited, "hidden": self.is_hidden}


@dataclass(frozen=True)
class Foot:
    """All that decides what stands under a comment for one reader. While it is drawn it stands in for both."""

    is_authenticated: bool
    is_upvotable: bool = False
    is_voted: bool = False
    is_saved: bool = False
    is_answerable: bool = False
    is_own: bool = False
    is_editable: bool = False
    may_mark: bool = False
    is_answer: bool = False

    template: ClassVar[str] = "forum/comments/_foot.html"
    pk: ClassVar[int] = NUMBER
    is_shown: ClassVar[bool] = True
    score: ClassVar[str] = gap("score")
    byline: ClassVar[str] = gap("name")

    def context(self) -> dict[str, Any]:
        here = frozenset({NUMBER})
        return {
            "comment": self,
            "user": self,
            "voted_comments": here if self.is_voted else (),
            "kept": SimpleNamespace(comments=here if self.is_saved else ()),
            "answer": self if self.is_answer else None,
            "may_mark": self.may_mark,
        }

    def get_absolute_url(self) -> str:
        return reverse("forum:comment", args=[NUMBER])

    def can_be_upvoted_by(self, user: Any) -> bool:
        return self.is_upvotable

    def can_be_answered_by(self, user: Any) -> bool:
        return self.is_answerable

    def can_be_edited_by(self, user: Any) -> bool:
        return self.is_editable

    def can_be_deleted_by(self, user: Any) -> bool:
        return self.is_own

    def is_by(self, user: Any) -> bool:
        return self.is_own


@register.simple_tag
def comment_head(comment: Any) -> SafeString:
    """Who wrote it and when, as all who may read it see it."""
    byline = comment.byline
    member, waits = byline.member, comment.is_waiting
    look = Head(
        bool(byline.url),
        member is not None,
        bool(member and member.avatar),
        bool(member and member.flair),
        byline.is_masked,
        comment.edited_at is not None,
        comment.is_hidden and not waits,
    )
    picture = member and (member.avatar or member.avatar_key)
    return filled(
        look, comment.pk, url=byline.url, name=byline.name, picture=picture or "", flair=member.flair if member else "",
        age=age(comment.posted_at),
    )  # fmt: skip


@register.simple_tag(takes_context=True)
def comment_foot(context: Any, comment: Any) -> SafeString:
    """What this reader may do with a comment that is shown: vote, save, answer, quote, mark, edit, delete, report."""
    user, answer = context["user"], context.get("answer")
    is_answer, may_mark = bool(answer) and answer.pk == comment.pk, bool(context.get("may_mark"))
    if user.is_authenticated:
        is_own = comment.is_by(user)
        look = Foot(
            True,
            comment.can_be_upvoted_by(user),
            comment.pk in (context.get("voted_comments") or ()),
            comment.pk in getattr(context.get("kept"), "comments", ()),
            comment.can_be_answered_by(user),
            is_own,
            is_own and comment.can_be_edited_by(user),
            may_mark,
            is_answer,
        )
    else:
        look = Foot(False, may_mark=may_mark, is_answer=is_answer)
    return filled(look, comment.pk, score=comment.score, name=comment.byline.name)


@register.filter
def note_on(comment: Any) -> str:
    """What a moderator wrote under it for everybody; "" where nobody did."""
    terms = getattr(comment, "terms", None)
    return terms.note if terms else ""
