"""Posts: what members start in a category."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import models, transaction
from django.db.models import F, Func, Q, Value
from django.urls import reverse
from django.utils import timezone

from common import markdown
from common.tags import count_in_sight, set_tags
from common.text import slugify_title
from forum import earning, holding, listing, masks, ranking, reactions, roles, terms, told, waiting_edits
from forum.errors import Locked, StaleEdit
from forum.models.category import Category
from forum.models.moderated import Moderated
from forum.models.post_text import PostTag, PostText
from forum.models.signed import Byline, Signed, names_nobody
from forum.models.vote import PostVote, Upvotable
from forum.models.waiting_edit import WaitingEdit
from forum.sending import sent_once
from forum.signals import sight_changed
from moderation import reputation
from notices.muting import Muted

# They follow a post's id in addresses.
RESERVED_SLUGS = frozenset({"edit", "delete", "comment", "upvote", "withdraw", "history", "unmask", "first-new"})
RESERVED_SLUGS |= {"save", "unsave", "put-back", "keep", "poll"}


def _not_hidden_from(user) -> Q:
    if user.is_authenticated and user.is_moderator:
        return Q()
    shown, shelves = Q(is_hidden=False), roles.shelves_of(user)
    return shown | Q(category__in=shelves) if shelves else shown


def _readable_by(user) -> Q:
    """Not hidden from this visitor, or their own words that wait for a moderator or were not let through."""
    seen = _not_hidden_from(user)
    held = Q(is_waiting=True) | Q(is_rejected=True)
    return seen | (held & masks.written_by(user)) if seen and user.is_authenticated else seen


class PostQuerySet(models.QuerySet):
    def visible_to(self, user) -> PostQuerySet:
        """What lists, counts and search may show: neither hidden nor deleted. Moderators see hidden ones of theirs."""
        return self.filter(deleted_at__isnull=True).filter(_not_hidden_from(user))

    def listed_for(self, user, muted: Muted | None = None) -> PostQuerySet:
        """What this reader's own lists, counts and search show: visible, and neither muted nor hidden by them."""
        return listing.posts(self.visible_to(user), user, muted)

    def readable_by(self, user) -> PostQuerySet:
        """What the post's own page may show: also a deleted post whose comments still hang on it."""
        return self.filter(Q(deleted_at__isnull=True) | Q(comment_count__gt=0)).filter(_readable_by(user))

    def in_category(self, category: Category | None) -> PostQuerySet:
        return self.filter(category=category) if category else self

    def tagged(self, *tags) -> PostQuerySet:
        """Posts that carry every one of these tags."""
        posts = self
        for tag in tags:
            posts = posts.filter(pk__in=PostTag.objects.filter(tag=tag).values("content_object"))
        return posts

    def for_list(self) -> PostQuerySet:
        """With what a row of a list shows, and no text."""
        from forum.models.poll import Poll

        polled = models.Exists(Poll.objects.filter(post=models.OuterRef("pk")))
        return self.select_related("author", "category").prefetch_related("tags").annotate(has_poll=polled)


class Post(Moderated, Signed, Upvotable):
    """A member's post. The text stands in ``PostText``, so that lists read thin rows.

    ``author`` is empty where the house opened the thread (the discussion of a thing outside the forum)
    and when a member has left. Such a thread names its subject by ``subject_title`` and ``subject_url``;
    ``subject_note`` is what a reader must know about the subject at once ("Retracted"). Posts are new to who has marked
    them all as read by their ``id``, and where one waited for a moderator by the ``arrival`` it was given then.
    """

    vote_model = PostVote
    unread: Any = None  # in a list, what is new to the reader of a post they have read (``forum.visits``)
    is_fresh = False  # True on what ``write`` has stored just now, and not found from an earlier sending

    title = models.CharField(max_length=settings.TITLE_LIMIT)
    author = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="posts")
    category = models.ForeignKey(Category, models.PROTECT, related_name="posts", db_index=False)
    own_gist = models.CharField(max_length=settings.GIST_LIMIT, blank=True, default="")
    gist = models.CharField(max_length=settings.GIST_LIMIT, blank=True, default="", editable=False)
    subject_title = models.CharField(max_length=1000, blank=True, default="", editable=False)
    subject_url = models.CharField(max_length=300, blank=True, default="", editable=False)
    subject_note = models.CharField(max_length=40, blank=True, default="", db_default="", editable=False)
    tags = models.ManyToManyField("common.Tag", through="forum.PostTag", related_name="posts")
    posted_at = models.DateTimeField(default=timezone.now)
    edited_at = models.DateTimeField(null=True, blank=True, editable=False)
    last_active_at = models.DateTimeField(default=timezone.now, editable=False)
    arrival = models.BigIntegerField(null=True, blank=True, editable=False)
    comment_count = models.PositiveIntegerField(default=0, editable=False)
    is_locked = models.BooleanField(default=False, editable=False)
    is_pinned = models.BooleanField(default=False, editable=False)
    is_answered = models.BooleanField(default=False, db_default=False, editable=False)
    version = models.PositiveIntegerField(default=1, editable=False)
    token = models.UUIDField(default=uuid.uuid4, editable=False)
    hotness = models.GeneratedField(
        expression=ranking.hotness("score", "posted_at"), output_field=models.FloatField(), db_persist=True
    )

    objects = PostQuerySet.as_manager()

    class Meta:
        ordering = ("-pk",)
        constraints = (
            models.UniqueConstraint(fields=["author", "token"], name="one_post_for_a_form"),
            models.CheckConstraint(condition=Q(score__gte=0), name="post_score_not_negative"),
            models.CheckConstraint(condition=names_nobody(), name="masked_post_names_nobody"),
            models.CheckConstraint(condition=Q(is_waiting=False) | Q(is_hidden=True), name="waiting_post_is_hidden"),
            models.CheckConstraint(
                condition=Q(is_rejected=False) | Q(is_hidden=True, is_waiting=False), name="rejected_post_is_hidden"
            ),
        )
        permissions = (("moderate_post", "Can hide, lock, pin and move posts"),)
        indexes = (
            models.Index(fields=["-hotness", "-id"], name="post_hot"),
            models.Index(fields=["-score", "-id"], name="post_top"),
            models.Index(fields=["-last_active_at", "-id"], name="post_active"),
            models.Index(fields=["-posted_at", "-id"], name="post_new"),
            models.Index(fields=["category", "-hotness", "-id"], name="post_category_hot"),
            models.Index(fields=["category", "-score", "-id"], name="post_category_top"),
            models.Index(fields=["category", "-last_active_at", "-id"], name="post_category_active"),
            models.Index(fields=["category", "-posted_at", "-id"], name="post_category_new"),
            models.Index(fields=["author", "-posted_at", "-id"], name="post_author_new"),
            models.Index(fields=["-posted_at", "-id"], name="post_unanswered", condition=Q(comment_count=0)),
            models.Index(fields=["-posted_at", "-id"], name="post_answered", condition=Q(is_answered=True)),
            models.Index(fields=["-comment_count", "-id"], name="post_discussions", condition=~Q(subject_url="")),
            models.Index(fields=["category"], name="post_pinned", condition=Q(is_pinned=True)),
            models.Index(fields=["arrival"], name="post_latest", condition=Q(arrival__isnull=False)),
            models.Index(fields=["mask"], name="post_masked", condition=Q(mask__isnull=False)),
        )

    def __str__(self) -> str:
        return self.title

    @property
    def shelf_id(self) -> int:
        return self.category_id

    @property
    def slug(self) -> str:
        """The readable part of the address. It is the author's words too, so a deleted post has others."""
        slug = "deleted" if self.is_deleted else slugify_title(self.title)
        return f"{slug}-post" if slug in RESERVED_SLUGS else slug

    def get_absolute_url(self) -> str:
        return reverse("forum:post", args=[self.pk, self.slug])

    @property
    def byline(self) -> Byline:
        """Who wrote it; nobody where the house opened the thread."""
        return Byline("") if self.subject_url and not self.author_id else super().byline

    @classmethod
    @transaction.atomic
    def write(
        cls,
        *,
        author,
        category: Category,
        title: str,
        body: str,
        tags=(),
        own_gist: str = "",
        token: uuid.UUID | None = None,
        posted_at: datetime | None = None,
        subject_title: str = "",
        subject_url: str = "",
        subject_note: str = "",
        masked: bool = False,
        tells: bool = True,
    ) -> Post:
        """Start a post. The same words with the same ``token``, however often sent, are one post.

        ``body`` is Markdown; it is rendered here and never again. ``author`` None is the house;
        ``masked`` draws a pseudonym under which the post stands instead of its author's name. One that is made of
        words that were here before ``tells`` nobody.
        """
        moment = posted_at or timezone.now()
        token = sent_once(token, title, body)
        fresh = cls(
            author=author, category=category, title=title, own_gist=own_gist, gist=own_gist or markdown.gist(body),
            token=token, posted_at=moment, last_active_at=moment, subject_title=subject_title, subject_url=subject_url,
            subject_note=subject_note,
        )  # fmt: skip
        post = fresh
        if author is not None and (sent := masks.sent_before(author, token, masked=masked)):
            return sent
        # What comes with a moment of its own was here, or somewhere, before.
        is_judged = tells and posted_at is None
        verdict = holding.judge(
            author if is_judged else None, kind="post", shelf=category.pk, title=title, body=body, masked=masked
        )
        fresh.is_hidden = fresh.is_waiting = verdict.holds
        if masked:
            fresh.mask, is_new = masks.put_on(author, token)
            if not is_new:
                return cls.objects.select_related("text").filter(mask=fresh.mask).earliest("pk")
            fresh.author, fresh.pseudonym = None, fresh.mask.name
            fresh.save()
        elif author is not None:
            # The unique token decides among the same form sent several times at once.
            cls.objects.bulk_create([fresh], ignore_conflicts=True)
            post = cls.objects.select_related("text").get(author=author, token=token)
            if hasattr(post, "text"):
                return post
        else:
            fresh.save()
        post.is_fresh = True
        text = PostText.objects.create(post=post, title=title, body=body)
        names = set_tags(post, PostTag, tags)
        PostText.objects.filter(post=post).update(tag_words=" ".join(tag.name for tag in names))
        if not holding.written(post, verdict) and tells:
            told.of_post(post, names, text.body_html)
        return post

    @staticmethod
    def gist_of(body: str) -> str:
        """What stands in lists for a post whose author wrote no gist."""
        return markdown.gist(body)

    def can_be_edited_by(self, user) -> bool:
        return self.is_by(user) and self.is_shown and not self.is_locked

    def can_be_deleted_by(self, user) -> bool:
        return self.is_by(user) and (self.is_shown or (self.is_held and not self.is_deleted))

    def can_be_answered_by(self, user) -> bool:
        return user.is_authenticated and self.is_shown and not self.is_locked and not self.is_closed

    @property
    def is_closed(self) -> bool:
        """Whether the day on which it closes by itself has come."""
        closes_at = self.terms.closes_at if hasattr(self, "terms") else None
        return closes_at is not None and closes_at <= timezone.now()

    @transaction.atomic
    def edit(
        self, *, category: Category, title: str, body: str, tags=(), own_gist: str = "", version: int, reason: str = ""
    ) -> WaitingEdit | None:
        """Change the post. ``version`` is the one the editor started from; raises ``StaleEdit`` when another
        edit came between, ``Locked`` where nobody may edit; then nothing is written. ``reason`` stands in
        the history. Where the new words must wait for a moderator, the post stays as it is, and they are given."""
        words: dict[str, Any] = {"category": category, "title": title, "body": body, "tags": tags, "own_gist": own_gist}
        verdict = holding.judge_edit(self, body=body, title=title, shelf=category.pk)
        if verdict.holds:
            return waiting_edits.let_wait(self, verdict, version=version, reason=reason, **words)
        said, gist = holding.words_of(self), self.own_gist
        self.take_words(version=version, reason=reason, **words)
        holding.edited(self, verdict, said=said, gist=gist)
        return None

    def take_words(
        self, *, category: Category, title: str, body: str, tags, own_gist: str, version: int, reason: str
    ) -> None:
        """Have these words from now on, as ``edit`` says; nobody is asked whether they may. In a transaction."""
        open_now = Post.objects.filter(pk=self.pk, is_locked=False, is_hidden=False, deleted_at__isnull=True)
        changed = open_now.filter(version=version).update(
            category=category, title=title, own_gist=own_gist, gist=own_gist or markdown.gist(body),
            edited_at=timezone.now(), version=F("version") + 1,
        )  # fmt: skip
        if not changed:
            raise StaleEdit if open_now.exists() else Locked
        carried = list(self.tag_items.values_list("tag_id", flat=True))
        names = set_tags(self, PostTag, tags)
        reactions.tags_changed(self, carried)
        text = PostText.objects.select_for_update().get(post=self)
        before = text.body_html
        if (text.title, text.body) != (title, body):
            text.edit_reason = reason
        text.title, text.body, text.tag_words = title, body, " ".join(tag.name for tag in names)
        with masks.edited(self):
            text.save()
        self.refresh_from_db()
        told.of_edit(self, before, text.body_html)

    @transaction.atomic
    def delete_by_author(self) -> None:
        """The author takes the post out of every list; its comments keep a tombstone to hang on."""
        self._change(deleted_at=timezone.now())

    @transaction.atomic
    def add_comment(
        self, author, body: str, parent=None, token: uuid.UUID | None = None, posted_at: datetime | None = None
    ):
        """Answer the post, or ``parent``, one of its comments. Raises ``Locked`` where nobody may answer.

        The same words with the same ``token`` are one comment.
        """
        from forum.models.comment import Comment

        moment = posted_at or timezone.now()
        verdict = holding.judge(
            author if posted_at is None else None, kind="comment", shelf=self.category_id, body=body
        )
        open_now = Post.objects.filter(pk=self.pk, is_locked=False, is_hidden=False, deleted_at__isnull=True)
        active = Func(F("last_active_at"), Value(moment), function="greatest")
        # Writing the post's row first also puts everybody who answers it into one order.
        if not open_now.update(last_active_at=F("last_active_at") if verdict.holds else active):
            raise Locked
        terms.check(self, author, sent_once(token, body))
        comment, is_new = Comment.write(
            post=self, author=author, body=body, parent=parent, token=token, posted_at=moment, waits=verdict.holds
        )
        if is_new and not holding.written(comment, verdict):
            Post.objects.filter(pk=self.pk).update(comment_count=F("comment_count") + 1)
            told.of_comment(comment, self, parent)
        self.refresh_from_db(fields=["comment_count", "last_active_at"])
        return comment

    # What moderators do. Each gives its line of the log, None where the post was so already; ``undoes`` is the line
    # that it takes back.

    def hide(self, moderator, reason: str, undoes=None):
        """Take the post out of everyone's sight but the moderators'; undone by ``unhide``."""
        return self._moderate("hide", moderator, reason, undoes, is_hidden=True)

    def unhide(self, moderator, reason: str, undoes=None):
        return self._moderate("unhide", moderator, reason, undoes, is_hidden=False)

    def lock(self, moderator, reason: str, undoes=None):
        """Nobody may answer or edit any more; what is there stays readable."""
        return self._moderate("lock", moderator, reason, undoes, is_locked=True)

    def unlock(self, moderator, reason: str, undoes=None):
        return self._moderate("unlock", moderator, reason, undoes, is_locked=False)

    def pin(self, moderator, reason: str, undoes=None):
        """Show the post above its category's list."""
        return self._moderate("pin", moderator, reason, undoes, is_pinned=True)

    def unpin(self, moderator, reason: str, undoes=None):
        return self._moderate("unpin", moderator, reason, undoes, is_pinned=False)

    def move(self, moderator, category: Category, reason: str, undoes=None):
        """Put the post on another shelf."""
        came_from = Post.objects.filter(pk=self.pk).values_list("category_id", flat=True).get()
        details = {"category": came_from}
        return self._moderate("move", moderator, f"to {category}: {reason}", undoes, details=details, category=category)

    @transaction.atomic
    def _moderate(self, action: str, moderator, reason: str, undoes=None, details=None, **change):
        if not self._change(**change):
            return None
        return told.record(moderator, action, self, reason, undoes=undoes, details=details)

    def _change(self, **change) -> bool:
        """Change the post, and with its sight the use of its tags; False if nothing changed. In a transaction."""
        if earning.SIGHT & set(change):
            reputation.hold(self.author_id)
        if "deleted_at" in change or change.get("is_hidden") is False:
            change["is_waiting"] = change["is_rejected"] = False
        was_shown = Post.objects.select_for_update(no_key=True).get(pk=self.pk).is_shown
        posts = Post.objects.filter(pk=self.pk).exclude(**change)
        if "deleted_at" in change:
            posts = posts.filter(deleted_at__isnull=True)
        changed = posts.update(**change)
        self.refresh_from_db()
        if step := int(self.is_shown) - int(was_shown):
            count_in_sight(self, step)
            earning.sight_changed(self)
            told.sight_changed(self)
            reactions.sight_changed(self)
            sight_changed.send(Post, post_id=self.pk, comment_id=None)
        if changed and "is_waiting" in change:
            holding.sight_changed(self)
        return bool(changed)
