"""What members write and vote, as their own: given out with their data, and what leaving does to it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import partial
from typing import Any

from django.apps import apps
from django.contrib.contenttypes.models import ContentType
from django.db import transaction
from django.db.models import Q, QuerySet
from django.urls import reverse
from django.utils.translation import gettext_noop

from common import personal
from common.personal import CALLED, LOT, RENDERED, RENDERED_QUOTE, Choice, Clear, Delete, Keep, Part, With, Words, Work
from common.text import slugify_title
from forum import masks, pictures, reactions, waiting_edits
from forum.models import (
    Ballot,
    BallotChoice,
    CategoryModerator,
    Comment,
    CommentTerms,
    CommentText,
    CommentVote,
    Draft,
    Folder,
    Mask,
    Picture,
    PictureUse,
    Poll,
    PollOption,
    Post,
    PostNews,
    PostTag,
    PostText,
    PostVote,
    Reaction,
    ReactionCount,
    ReadMark,
    Removal,
    SavedWords,
    Solution,
    Sweep,
    SweptThing,
    ThreadTerms,
    Visit,
    WaitingEdit,
)
from forum.models.vote import Vote
from forum.polls import withdraw_ballots
from moderation import reputation
from moderation.models import Held
from moderation.personal import forget_words_about
from notices.models import Notification


def withdraw_votes(model: type[Vote]) -> Any:
    """What withdraws a lot of a member's votes, with the scores and the reputation of what they were for."""
    things: Any = model._meta.get_field("thing").related_model

    def withdraw(member: Any, choice: Choice) -> int:
        votes: Any = model._default_manager
        mine = list(votes.filter(member=member.pk).order_by("thing").values_list("thing", flat=True)[:LOT])
        with transaction.atomic():
            upvoted = things.objects.filter(pk__in=mine).order_by("pk")
            reputation.hold(*upvoted.values_list("author", flat=True))
            for thing in upvoted:
                thing.withdraw(member)
        return len(mine)

    return withdraw


def let_go_of_posts(member: Any, choice: Choice, by: str = "author") -> int:
    """Posts lose their author, or who stands behind their pseudonym; where they go, their words too, with every earlier
    version."""
    posts = list(Post.objects.filter(**{_owner(by): member.pk}).order_by("pk")[:LOT])
    ids = [post.pk for post in posts]
    if choice == Choice.REMOVE:
        for post in posts:
            post.delete_by_author()
            post.tag_items.all().delete()
        empty = {"title": "", "body": "", "body_html": "", "tag_words": "", "edit_reason": "", "gists_before": None}
        PostText.objects.filter(post__in=ids).update(**empty)
        Poll.objects.filter(post__in=ids).delete()
        Post.objects.filter(pk__in=ids).update(title="", own_gist="", gist="")
        _revisions("Post").filter(post__in=ids).delete()  # also what the trigger kept of the words just now
        Notification.objects.filter(place__in=[f"post:{pk}" for pk in ids]).delete()
        forget_words_about(Post, ids)
    _let_go_of_edits(posts)
    return Post.objects.filter(pk__in=ids).update(**{by: None})


def let_go_of_comments(member: Any, choice: Choice, by: str = "author") -> int:
    comments = list(Comment.objects.filter(**{_owner(by): member.pk}).order_by("pk")[:LOT])
    ids = [comment.pk for comment in comments]
    if choice == Choice.REMOVE:
        for comment in comments:
            comment.delete_by_author()
        CommentText.objects.filter(comment__in=ids).update(body="", body_html="", edit_reason="")
        _revisions("Comment").filter(comment__in=ids).delete()
        for comment in comments:
            Notification.objects.filter(place=f"post:{comment.post_id}", part=comment.pk).delete()
        forget_words_about(Comment, ids)
    _let_go_of_edits(comments)
    return Comment.objects.filter(pk__in=ids).update(**{by: None})


def held_unnamed(member: Any) -> QuerySet[Held]:
    posts, comments = masks.things_of(member)
    post, comment = (ContentType.objects.get_for_model(model) for model in (Post, Comment))
    return Held.objects.filter(
        Q(content_type=post, object_id__in=posts.values("pk"))
        | Q(content_type=comment, object_id__in=comments.values("pk"))
    )


def _let_go_of_edits(things: Iterable[Any]) -> None:
    """What waited beside them was never everybody's to read: it goes, whatever stays."""
    for thing in things:
        if waiting_edits.of(thing):
            waiting_edits.take_back(thing)


def _owner(by: str) -> str:
    return {"author": "author", "mask": "mask__member"}[by]


def let_go_of_pictures(member: Any, choice: Choice) -> int:
    lot = list(Picture.objects.filter(owner=member.pk).order_by("pk")[:LOT])
    forget_words_about(Picture, [picture.pk for picture in lot])  # what it shows, which its owner had described
    return pictures.erase_all(lot)


def _revisions(of: str) -> Any:
    return apps.get_model("forum", f"{of}Revision").objects.all()


def post_address(row: Mapping[str, Any], pk: str = "id") -> str:
    return reverse("forum:post", args=[row[pk], slugify_title(row.get("title") or "post")])


OF_POLL = ("post_id", "question", "is_multiple", "is_open", "closes_at", "options__words", "options__vote_count")


def register() -> None:
    personal.impersonal("which comment answered a post, and not who said so", Solution)
    post_revision, comment_revision = (apps.get_model("forum", f"{of}Revision") for of in ("Post", "Comment"))
    of_post = (
        "id", "title", "text__body", "own_gist", "category__name", "text__tag_words", "posted_at", "edited_at",
        "score", "comment_count", "is_locked", "is_hidden", "is_rejected", "deleted_at", "text__edit_reason",
    )  # fmt: skip
    of_comment = (
        "id", "post_id", "parent_id", "text__body", "posted_at", "edited_at", "score", "is_hidden", "is_rejected",
        "deleted_at", "text__edit_reason",
    )  # fmt: skip
    personal.register(
        Part(
            Held, "object_id", Keep("it names nobody"), "waited-without-your-name",
            ("held_at", "closed_at", "kind", "object_id", "state", "answer"),
            about=gettext_noop("what of your words under a pseudonym waited for a moderator, and what became of it"),
            rows=held_unnamed,
        )
    )  # fmt: skip
    of_edit = ("post_id", "comment_id", "state", "title", "body", "own_gist", "reason", "sent_at")
    personal.register(
        Part(
            WaitingEdit, "post__author", With(Post), "post-edits", of_edit,
            about=gettext_noop("edits of your posts that wait or were not let through"),
        ),
        Part(
            WaitingEdit, "comment__author", With(Comment), "comment-edits", of_edit,
            about=gettext_noop("edits of your comments that wait or were not let through"),
        ),
        Part(
            WaitingEdit, "post__mask__member", With(Post), "post-edits-without-your-name", of_edit,
            about=gettext_noop("the same of your posts under a pseudonym"),
        ),
        Part(
            WaitingEdit, "comment__mask__member", With(Comment), "comment-edits-without-your-name", of_edit,
            about=gettext_noop("the same of your comments under a pseudonym"),
        ),
    )  # fmt: skip
    personal.impersonal("numbers that tell of no one member", ReactionCount)
    # Given out to nobody but their writer, in files of their own.
    personal.register(
        Part(Mask, "member", Delete(), withheld="the pseudonyms stand with the posts and comments under them"),
        Part(
            Post, "mask__member", Work(partial(let_go_of_posts, by="mask")), "posts-without-your-name",
            ("pseudonym", *of_post), about=gettext_noop("your posts under a pseudonym"), address=post_address,
        ),
        Part(
            post_revision, "post__mask__member", With(Post), "post-versions-without-your-name",
            ("pgh_created_at", "post_id", "title", "body", "edit_reason"),
            about=gettext_noop("earlier versions of those"),
        ),
        Part(
            Comment, "mask__member", Work(partial(let_go_of_comments, by="mask")), "comments-without-your-name",
            ("pseudonym", *of_comment), about=gettext_noop("your comments under a pseudonym"),
            address=lambda row: reverse("forum:comment", args=[row["id"]]),
        ),
        Part(
            comment_revision, "comment__mask__member", With(Comment), "comment-versions-without-your-name",
            ("pgh_created_at", "comment_id", "body", "edit_reason"), about=gettext_noop("earlier versions of those"),
        ),
    )  # fmt: skip
    personal.register(
        Part(
            Reaction, "member", Work(lambda member, choice: reactions.withdraw_lot(member, LOT)), "reactions",
            ("post_id", "kind__name", "comment_id", "told_at"),
            about=gettext_noop("what you told of posts in one press"),
            address=lambda row: reverse("forum:post_short", args=[row["post_id"]]),
        ),
        Part(Reaction, "post__author", With(Post), withheld="what others told of your posts is theirs"),
    )  # fmt: skip
    personal.register(
        Part(
            Post, "author", Work(let_go_of_posts), "posts", of_post,
            about=gettext_noop("your posts, in Markdown as you wrote them"), address=post_address,
        ),
        Part(PostText, "post__author", With(Post), withheld="given out with the post"),
        Part(
            post_revision, "post__author", With(Post), "post-versions",
            ("pgh_created_at", "post_id", "title", "body", "edit_reason"),
            about=gettext_noop("earlier versions of your posts"),
        ),
        Part(PostTag, "content_object__author", With(Post), withheld="given out with the post"),
        Part(PostNews, "post__author", With(Post), withheld="where a post was told of; no words of it"),
        Part(
            PostVote, "member", Work(withdraw_votes(PostVote)), "post-votes", ("thing_id", "voted_at"),
            about=gettext_noop("posts you upvoted"), address=lambda row: reverse("forum:post_short",
            args=[row["thing_id"]]),
        ),
        Part(
            Comment, "author", Work(let_go_of_comments), "comments", of_comment,
            about=gettext_noop("your comments, in Markdown as you wrote them"),
            address=lambda row: reverse("forum:comment", args=[row["id"]]),
        ),
        Part(CommentText, "comment__author", With(Comment), withheld="given out with the comment"),
        Part(
            comment_revision, "comment__author", With(Comment), "comment-versions",
            ("pgh_created_at", "comment_id", "body", "edit_reason"),
            about=gettext_noop("earlier versions of your comments"),
        ),
        Part(
            CommentVote, "member", Work(withdraw_votes(CommentVote)), "comment-votes", ("thing_id", "voted_at"),
            about=gettext_noop("comments you upvoted"), address=lambda row: reverse("forum:comment",
            args=[row["thing_id"]]),
        ),
        Part(ThreadTerms, "post__author", With(Post), withheld="what moderators have set for the thread"),
        Part(CommentTerms, "comment__author", With(Comment), withheld="what moderators have set for the comment"),
        Part(
            CategoryModerator, "member", Delete(), "categories", ("category__name",),
            about=gettext_noop("categories you moderate"),
        ),
        Part(
            Visit, "member", Delete(), "visits", ("post_id", "visited_at"), about=gettext_noop("posts you have opened"),
            address=lambda row: reverse("forum:post_short", args=[row["post_id"]]),
        ),
        Part(
            ReadMark, "member", Delete(), "read-marks", ("kind", "object_id", "marked_at"),
            about=gettext_noop("lists you have marked as read"),
        ),
        Part(
            BallotChoice, "ballot__member", Work(lambda member, choice: withdraw_ballots(member, LOT)), "poll-votes",
            ("ballot__poll__post_id", "option__words", "ballot__voted_at"),
            about=gettext_noop("how you voted in polls"),
            address=lambda row: reverse("forum:post_short", args=[row["ballot__poll__post_id"]]),
        ),
        Part(Ballot, "member", With(BallotChoice), withheld="given out with what it chose"),
        Part(
            Poll, "post__author", With(Post), "polls", OF_POLL,
            about=gettext_noop("polls in your posts, a line for each answer")
        ),
        Part(
            Poll, "post__mask__member", With(Post), "polls-without-your-name", OF_POLL,
            about=gettext_noop("polls in your posts under a pseudonym"),
        ),
        Part(PollOption, "poll__post__author", With(Post), withheld="given out with the poll"),
        Part(
            Draft, "member", Delete(), "drafts", ("kind", "thing_id", "fields", "version", "updated_at"),
            about=gettext_noop("what you have begun and not sent"),
        ),
        Part(
            Sweep, "member", Delete(), withheld="told to you when it was done",
        ),
        Part(SweptThing, "sweep__member", With(Sweep), withheld="goes with it"),
        Part(
            Folder, "member", Delete(), "folders", ("name", "made_at"),
            about=gettext_noop("your folders of what you saved"),
        ),
        Part(
            SavedWords, "member", Delete(), "saved-posts-and-comments",
            ("post_id", "comment_id", "folder__name", "note", "saved_at", "removed_at"),
            about=gettext_noop("posts and comments you saved, with your notes"),
        ),
        Part(
            Removal, "asked_by", Clear(asked_by=None, reason=""), "removals",
            ("kind", "thing_id", "revision_id", "reason", "asked_at", "erased_at"),
            about=gettext_noop("earlier versions that you had taken out"),
        ),
        Part(PictureUse, "picture__owner", With(Picture), withheld="where a picture is shown: your posts tell it"),
        # Told last, so treated first: a photograph says who somebody is, also in a post that is kept without a name.
        Part(
            Picture, "owner", Work(let_go_of_pictures), "pictures",
            ("name", "alt", "width", "height", "size", "uploaded_at", "is_hidden", "removed_at"),
            about=gettext_noop("pictures you put here; the files stand beside this list"),
            address=lambda row: reverse("forum:picture", args=[row["name"]]),
        ),
    )  # fmt: skip
    personal.register_files(personal.Files("pictures", pictures.files_of))
    personal.register_words(
        Words(PostText, ("body", "gists_before"), *CALLED),
        Words(PostText, ("body_html",), *RENDERED),
        Words(PostText, ("body_html",), *RENDERED_QUOTE),
        Words(CommentText, ("body",), *CALLED),
        Words(CommentText, ("body_html",), *RENDERED),
        Words(CommentText, ("body_html",), *RENDERED_QUOTE),
        Words(Post, ("gist", "own_gist"), *CALLED),
        Words(post_revision, ("body",), *CALLED),
        Words(comment_revision, ("body",), *CALLED),
        Words(Draft, ("fields",), *CALLED),
        Words(WaitingEdit, ("body",), *CALLED),
    )
