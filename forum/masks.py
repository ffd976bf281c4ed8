"""Writing without one's name: a post under a pseudonym drawn for it, and all that its author writes in its thread.

The words have no author. Who wrote them stands in ``Mask``, which nothing but this module reads, for what must know:
what the writer may do (``is_by``), whom to tell and to limit (``owner_of``), what goes with a member who takes their
data along, leaves or is banned (``things_of``), and a moderator who unmasks with a reason (``unmask``).

What everybody sees, counts or searches by author knows nothing of it, and so can tell nothing.
"""

from __future__ import annotations

import secrets
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from typing import TYPE_CHECKING, Any

import pghistory
from django.db import connection, transaction
from django.db.models import Q, QuerySet
from django.http import HttpRequest

from accounts.models import Member
from moderation import audit, log

if TYPE_CHECKING:
    from forum.models import Comment, Mask, Post
    from forum.models.signed import Signed

# Two words with a space between them: no member can be called so.
HOW = (
    "Amber Autumn Brave Bright Calm Careful Clear Coastal Copper Curious Dawn Distant Early Earnest Evening "
    "Faithful Fern Foggy Forest Frosty Gentle Golden Grateful Grey Harbour Hazel Hidden Honest Humble Idle Indigo "
    "Island Ivory Kind Lively Lone Lucky Marsh Meadow Mellow Misty Modest Moonlit Morning Mossy Northern Olive "
    "Patient Pebble Plain Polite Quick Quiet Rainy River Russet Sandy Shy Silent Silver Sleepy Small Snowy "
    "Southern Steady Sunny Swift Tall Tender Thoughtful Tidal Timber Velvet Wandering Warm Western Wild Winter "
    "Wise Woodland"
).split()
WHAT = (
    "Avocet Badger Beaver Bittern Blackbird Bunting Buzzard Chaffinch Cormorant Crane Cricket Crow Cuckoo Curlew "
    "Deer Dipper Dove Duck Dunlin Egret Falcon Fieldfare Finch Firefly Fox Gannet Godwit Goldfinch Goose Grebe "
    "Gull Hare Hawk Hedgehog Heron Jackdaw Jay Kestrel Kingfisher Kite Kittiwake Lapwing Lark Linnet Magpie "
    "Marten Martin Merlin Mole Moth Nightingale Nuthatch Oriole Osprey Otter Owl Partridge Petrel Pigeon Pipit "
    "Plover Puffin Quail Rail Raven Redstart Robin Rook Ruff Sandpiper Seal Shrew Siskin Skylark Snipe Sparrow "
    "Starling Stork Swallow Swan Swift Tern Thrush Vole Wagtail Warbler Weasel Whimbrel Woodcock Wren"
).split()


def draw() -> str:
    """A pseudonym like "Quiet Heron", by chance alone: it says nothing about who draws it, nor of any other post."""
    return f"{secrets.choice(HOW)} {secrets.choice(WHAT)}"


# ── Who it is ────────────────────────────────────────────────────────────────────────────────────


def is_by(thing: Signed, user: Any) -> bool:
    """Whether this visitor wrote it. Costs one query a request, and none where nothing is masked."""
    if not user.is_authenticated:
        return False
    return thing.author_id == user.pk if thing.mask_id is None else thing.mask_id in _masks_of(user)


def owner_of(thing: Signed) -> int | None:
    """The id of the member who wrote it: to tell them, to limit, to ban. Never to show, nor to count in sight."""
    if thing.mask_id is None:
        return thing.author_id
    return _masks().filter(pk=thing.mask_id).values_list("member_id", flat=True).first()


def written_by(member: Any) -> Q:
    """The condition on posts or comments that this member wrote them, under whatever name."""
    return Q(author=member.pk) | Q(mask__in=_masks().filter(member=member.pk).values("pk"))


def things_of(member: Any) -> tuple[QuerySet[Post], QuerySet[Comment]]:
    """The posts and the comments that this member wrote without their name, for themself, for leaving and for bans."""
    from forum.models import Comment, Post

    mine = _masks().filter(member=member.pk).values("pk")
    return Post.objects.filter(mask__in=mine), Comment.objects.filter(mask__in=mine)


def _masks() -> QuerySet[Mask]:
    from forum.models import Mask

    return Mask.objects.all()


def _masks_of(user: Any) -> frozenset[int]:
    known = getattr(user, "_masks", None)
    if known is None:
        known = user._masks = frozenset(_masks().filter(member=user.pk).values_list("pk", flat=True))
    return known


# ── Writing ──────────────────────────────────────────────────────────────────────────────────────


def put_on(member: Any, token: uuid.UUID) -> tuple[Mask, bool]:
    """The mask for a post sent by this form, and whether it is new. In the transaction of the post."""
    masks = _masks()
    fresh = masks.model(member_id=member.pk, token=token, name=draw())
    # The unique form decides among the same form sent several times at once.
    masks.bulk_create([fresh], ignore_conflicts=True)
    mask = masks.get(member=member.pk, token=token)
    member._masks = None
    return mask, not _posts_under(mask).exists()


def sent_before(member: Any, token: uuid.UUID, *, masked: bool) -> Post | None:
    """The post that this form has made the other way: without a name where one is wanted now, or with one.

    Whoever sends a form again with the tick changed must not stand beside their own pseudonym with the same words.
    Those who send it at the same moment wait for each other.
    """
    from forum.models import Post

    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"form {member.pk} {token}"])
    if masked:
        return Post.objects.filter(author=member.pk, token=token).select_related("text").first()
    mask = _masks().filter(member=member.pk, token=token).first()
    return _posts_under(mask).first() if mask else None


def was_sent(member: Any, kind: str, token: uuid.UUID) -> bool:
    """Whether this form ("post" or "comment") has been sent, with the member's name or without."""
    from forum.models import Comment, Post

    named: QuerySet[Any] = (Post if kind == "post" else Comment)._default_manager.filter(author=member.pk, token=token)
    if kind == "post":
        return named.exists() or _masks().filter(member=member.pk, token=token).exists()
    return named.exists() or things_of(member)[1].filter(token=token).exists()


def _posts_under(mask: Mask) -> QuerySet[Post]:
    from forum.models import Post

    return Post.objects.filter(mask=mask).select_related("text").order_by("pk")


def worn_in(post: Post, member: Any) -> Mask | None:
    """The mask under which this member writes in the thread: that of the post, or of a comment of theirs in it.

    Two queries at most, and one for a member who has never worn one.
    """
    from forum.models import Comment

    if not member.is_authenticated:
        return None
    mine = {mask.pk: mask for mask in _masks().filter(member=member.pk)}
    if post.mask_id in mine:
        return mine[post.mask_id]
    if not mine:
        return None
    written = Comment.objects.filter(post=post.pk, mask__in=list(mine)).order_by("pk")
    worn = written.values_list("mask_id", flat=True).first()
    return mine[worn] if worn else None


@contextmanager
def edited(thing: Post | Comment) -> Iterator[None]:
    """Around an edit: the history that the database keeps says who did it, but not of words without a name."""
    with pghistory.context(user=None) if thing.pseudonym else nullcontext():
        yield


# ── Unmasking ────────────────────────────────────────────────────────────────────────────────────


def can_unmask(user: Any) -> bool:
    return bool(user.is_authenticated and user.is_staff and user.has_perm("forum.unmask"))


@transaction.atomic
def unmask(thing: Post | Comment, moderator: Member, reason: str, request: HttpRequest | None = None) -> Member | None:
    """Tell a moderator who wrote it; None where that member is gone.

    Each time is a line in the public log and in the audit log, without the name.
    """
    owner = owner_of(thing)
    log.record(moderator, "unmask", thing, reason)
    audit.write("unmasked", actor=moderator, target=thing, detail={"reason": reason}, request=request)
    return Member.objects.filter(pk=owner).first()
