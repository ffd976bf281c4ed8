"""Comments: replies to a post or to a comment."""

from __future__ import annotations

import uuid
from typing import Any

import pghistory
from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVector, SearchVectorField
from django.db import models, transaction
from django.db.models import Exists, F, OuterRef, Q
from django.urls import reverse
from django.utils import timezone

from common import markdown
from forum import earning, holding, listing, masks, ranking, reactions, roles, told, waiting_edits
from forum.errors import Locked, StaleEdit
from forum.models.moderated import Moderated
from forum.models.post import Post
from forum.models.signed import Signed, names_nobody
from forum.models.vote import CommentVote, Upvotable
from forum.models.waiting_edit import WaitingEdit
from forum.sending import sent_once
from forum.signals import sight_changed, words_written
from moderation import reputation
from notices.muting import Muted

DEEPEST = 40  # levels; an answer to a comment this deep stands beside it


def _readable_by(user) -> Q:
    seen = _not_hidden_from(user)
    if seen and user.is_authenticated:
        seen |= (Q(is_waiting=True) | Q(is_rejected=True)) & masks.written_by(user)
    return Q(deleted_at__isnull=True) & seen


def _not_hidden_from(user) -> Q:
    if user.is_authenticated and user.is_moderator:
        return Q()
    shown, shelves = Q(is_hidden=False, post__is_hidden=False), roles.shelves_of(user)
    return shown | Q(post__category__in=shelves) if shelves else shown


class CommentQuerySet(models.QuerySet):
    def visible_to(self, user) -> CommentQuerySet:
        """Neither hidden nor deleted, nor under a post that is. Moderators see hidden ones of theirs."""
        return self.filter(deleted_at__isnull=True, post__deleted_at__isnull=True).filter(_not_hidden_from(user))

    def listed_for(self, user, muted: Muted | None = None) -> CommentQuerySet:
        """What this reader's lists, counts and search show: visible, and neither it nor its post is muted or hidden."""
        return listing.comments(self.visible_to(user), user, muted)

    def readable_by(self, user) -> CommentQuerySet:
        """What the page of its post shows in full: also under a post that its author deleted."""
        return self.filter(_readable_by(user))

    def with_something_to_read(self, user) -> CommentQuerySet:
        """Top-level comments that this visitor may read, and those under which hangs an answer they may read."""
        answers = Comment.objects.filter(_readable_by(user), post=OuterRef("post"), root=OuterRef("pk"))
        return self.filter(_readable_by(user) | Exists(answers))

    def for_thread(self) -> CommentQuerySet:
        """With author and rendered text, without source."""
        return self.select_related("author", "text", "terms__became").defer("text__body")


class Comment(Moderated, Signed, Upvotable):
    """A member's comment. ``ancestors`` are the ids from the top-level comment down to the parent.

    What has come since a reader's last visit is known by its number: the id, and for a comment that waited for a
    moderator the ``arrival`` it was given, out of the same sequence, when it was let through.
    """

    vote_model = CommentVote
    answered: Any = None  # in a thread, the comment that a deep reply answers
    is_new = False  # True in a thread where its reader has not met it yet
    is_muted = False  # True in a thread whose reader mutes the author
    more_replies = False  # True in a thread that shows more of them elsewhere
    is_fresh = False  # True on what ``write`` has stored just now, and not found from an earlier sending

    post = models.ForeignKey(Post, models.CASCADE, related_name="comments", db_index=False)
    parent = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="replies")
    root = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="+", db_index=False)
    ancestors = ArrayField(models.BigIntegerField(), default=list, editable=False)
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="comments"
    )
    posted_at = models.DateTimeField(default=timezone.now)
    edited_at = models.DateTimeField(null=True, blank=True, editable=False)
    version = models.PositiveIntegerField(default=1, editable=False)
    token = models.UUIDField(default=uuid.uuid4, editable=False)
    arrival = models.BigIntegerField(null=True, blank=True, editable=False)
    wilson = models.GeneratedField(
        expression=ranking.wilson("score"), output_field=models.FloatField(), db_persist=True
    )

    objects = CommentQuerySet.as_manager()

    class Meta:
        ordering = ("pk",)
        constraints = (
            models.UniqueConstraint(fields=["author", "token"], name="one_comment_for_a_form"),
            models.CheckConstraint(condition=Q(score__gte=0), name="comment_score_not_negative"),
            models.UniqueConstraint(
                fields=["mask", "token"], name="one_masked_comment_for_a_form", condition=Q(mask__isnull=False)
            ),
            models.CheckConstraint(condition=names_nobody(), name="masked_comment_names_nobody"),
            models.CheckConstraint(condition=Q(is_waiting=False) | Q(is_hidden=True), name="waiting_comment_is_hidden"),
            models.CheckConstraint(
                condition=Q(is_rejected=False) | Q(is_hidden=True, is_waiting=False), name="rejected_comment_is_hidden"
            ),
        )
        permissions = (("moderate_comment", "Can hide comments"),)
        indexes = (
            models.Index(fields=["post", "-wilson", "id"], name="comment_top_level", condition=Q(parent__isnull=True)),
            models.Index(fields=["post", "id"], name="comment_top_level_new", condition=Q(parent__isnull=True)),
            models.Index(fields=["root", "id"], name="comment_replies"),
            models.Index(fields=["root", "-wilson", "id"], name="comment_best_replies"),
            models.Index(fields=["post", "id"], name="comment_post"),
            models.Index(fields=["author", "-posted_at", "-id"], name="comment_author_new"),
            models.Index(fields=["post", "arrival"], name="comment_late", condition=Q(arrival__isnull=False)),
            models.Index(fields=["arrival"], name="comment_latest", condition=Q(arrival__isnull=False)),
        )

    def __str__(self) -> str:
        return f"comment {self.pk} on {self.post_id}"

    @classmethod
    def write(
        cls, *, post: Post, author, body: str, parent: Comment | None, token, posted_at, waits: bool = False
    ) -> tuple[Comment, bool]:
        """Store the comment and its text; gives it and whether it is new. Called by ``Post.add_comment``.

        Whoever stands under a pseudonym in this thread writes under it, whatever they meant to do.
        """
        mask = masks.worn_in(post, author)
        signed = {"mask": mask} if mask else {"author": author}
        token = sent_once(token, body)
        if parent is not None and len(parent.ancestors) >= DEEPEST:
            parent = parent.parent
        fresh = cls(
            post=post, parent=parent, **signed, pseudonym=mask.name if mask else "", token=token, posted_at=posted_at,
            root_id=(parent.root_id or parent.pk) if parent else None,
            ancestors=[*parent.ancestors, parent.pk] if parent else [], is_hidden=waits, is_waiting=waits,
        )  # fmt: skip
        cls.objects.bulk_create([fresh], ignore_conflicts=True)
        comment = cls.objects.select_related("text").get(token=token, **signed)
        if hasattr(comment, "text"):
            return comment, False
        CommentText.objects.create(comment=comment, body=body)
        comment.is_fresh = True
        return comment, True

    @property
    def shelf_id(self) -> int:
        return self.post.category_id

    @property
    def depth(self) -> int:
        return len(self.ancestors)

    def get_absolute_url(self) -> str:
        return reverse("forum:comment", args=[self.pk])

    def can_be_edited_by(self, user) -> bool:
        return self.is_by(user) and self.is_shown and self.post.is_shown and not self.post.is_locked

    def can_be_deleted_by(self, user) -> bool:
        return self.is_by(user) and (self.is_shown or (self.is_held and not self.is_deleted))

    def can_be_upvoted_by(self, member) -> bool:
        return super().can_be_upvoted_by(member) and self.post.is_shown

    def can_be_answered_by(self, user) -> bool:
        return self.is_shown and self.post.can_be_answered_by(user)

    @transaction.atomic
    def edit(self, *, body: str, version: int, reason: str = "") -> WaitingEdit | None:
        """Change the words. Raises ``StaleEdit`` when another edit came between, ``Locked`` where nobody may edit.

        ``reason`` stands in the history. Where the new words must wait for a moderator, they are given, and the comment
        stays as it is.
        """
        verdict = holding.judge_edit(self, body=body, shelf=self.post.category_id)
        if verdict.holds:
            return waiting_edits.let_wait(self, verdict, version=version, reason=reason, body=body)
        said = holding.words_of(self)
        self.take_words(body=body, version=version, reason=reason)
        holding.edited(self, verdict, said=said)
        return None

    def take_words(self, *, body: str, version: int, reason: str) -> None:
        """Have these words from now on, as ``edit`` says; nobody is asked whether they may. In a transaction."""
        post = Post.objects.select_for_update(no_key=True).get(pk=self.post_id)
        if post.is_locked or not post.is_shown or not Comment.objects.get(pk=self.pk).is_shown:
            raise Locked
        changed = Comment.objects.filter(pk=self.pk, version=version, deleted_at__isnull=True).update(
            edited_at=timezone.now(), version=F("version") + 1
        )
        if not changed:
            raise StaleEdit
        text = CommentText.objects.select_for_update().get(comment=self)
        before = text.body_html
        if text.body != body:
            text.edit_reason = reason
        text.comment, text.body = self, body
        with masks.edited(self):
            text.save()
        self.refresh_from_db()
        told.of_edit(self, before, text.body_html)

    def delete_by_author(self) -> None:
        """The author's words go out of sight; replies keep a tombstone to hang on."""
        with transaction.atomic():
            if self._change(deleted_at=timezone.now()):
                reactions.comment_deleted(self)

    @transaction.atomic
    def hide(self, moderator, reason: str, undoes=None):
        """Take the comment out of everyone's sight but the moderators'; undone by ``unhide``.

        Gives the line of the log, None where it was hidden already.
        """
        changed = self._change(is_hidden=True)
        return told.record(moderator, "hide", self, reason, undoes=undoes) if changed else None

    @transaction.atomic
    def unhide(self, moderator, reason: str, undoes=None):
        changed = self._change(is_hidden=False)
        return told.record(moderator, "unhide", self, reason, undoes=undoes) if changed else None

    @transaction.atomic
    def _change(self, **change) -> bool:
        """Change what makes the comment shown or not, and the post's count with it; False if nothing changed."""
        reputation.hold(self.author_id)
        Post.objects.select_for_update(no_key=True).get(pk=self.post_id)
        comment = Comment.objects.select_for_update(no_key=True).get(pk=self.pk)
        if comment.deleted_at and "deleted_at" in change:
            return False
        if "deleted_at" in change or change.get("is_hidden") is False:
            change["is_waiting"] = change["is_rejected"] = False
        was_shown = comment.is_shown
        if not Comment.objects.filter(pk=self.pk).exclude(**change).update(**change):
            return False
        self.refresh_from_db()
        if step := int(self.is_shown) - int(was_shown):
            Post.objects.filter(pk=self.post_id).update(comment_count=F("comment_count") + step)
            earning.sight_changed(self)
            told.sight_changed(self)
            sight_changed.send(Comment, post_id=self.post_id, comment_id=self.pk)
        if "is_waiting" in change:
            holding.sight_changed(self)
        return True


@pghistory.track(
    pghistory.UpdateEvent("edit", condition=pghistory.AnyChange("body"), row=pghistory.Old),
    fields=["comment", "body", "edit_reason"],
    model_name="CommentRevision",
)
class CommentText(models.Model):
    """The words of a comment: Markdown as written, HTML as rendered at save. ``edit_reason``: as of a post."""

    comment = models.OneToOneField(Comment, models.CASCADE, related_name="text", primary_key=True)
    body = models.TextField(max_length=settings.COMMENT_LIMIT)
    body_html = models.TextField(editable=False)
    renderer_version = models.PositiveSmallIntegerField(default=0, editable=False)
    edit_reason = models.CharField(
        max_length=settings.EDIT_REASON_LIMIT, blank=True, default="", db_default="", editable=False
    )
    search_vector = models.GeneratedField(
        expression=SearchVector("body", weight="D", config="english"),
        output_field=SearchVectorField(),
        db_persist=True,
    )

    class Meta:
        indexes = (GinIndex(fields=["search_vector"], name="comment_search"),)

    def __str__(self) -> str:
        return self.body[:60]

    def save(self, *args, **kwargs) -> None:
        is_new = self._state.adding
        self.body_html = markdown.render(
            self.body, doc_id=f"c{self.comment_id}", works=True, members=True, tags=True,
            pictures_of=self.comment.writer,
        )  # fmt: skip
        self.renderer_version = markdown.RENDERER_VERSION
        post_id = self.comment.post_id
        with transaction.atomic():
            super().save(*args, **kwargs)
            words_written.send(Comment, post_id=post_id, comment_id=self.comment_id, html=self.body_html, is_new=is_new)
