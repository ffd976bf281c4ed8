"""What the community tells its members, each time in the transaction of the words, the vote or the change of sight.

One key for one comment and one member: whoever is answered, mentioned and follows the thread hears of it once. New
comments on a followed post, and new posts under a followed member, tag or category, are gathered day by day.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.contrib.contenttypes.models import ContentType
from django.db import connection
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_noop

from common import calling, quotes, wording
from common.wording import ngettext_noop
from forum import masks
from moderation import log, told
from notices import following, telling
from notices.kinds import Line
from notices.models import Follow, Notification

if TYPE_CHECKING:
    from common.models import Tag
    from forum.models import Comment, Post
    from moderation.models import Action

MILESTONES = (1, 5, 10, 25, 50)  # upvotes; from 100 on at each one, two and five of a power of ten

FOLLOWED = """
    SELECT thing.rank FROM unnest(%(types)s::int[], %(things)s::bigint[]) WITH ORDINALITY thing (type, id, rank)
    WHERE EXISTS (
        SELECT FROM notices_follow f
        WHERE f.content_type_id = thing.type AND f.object_id = thing.id AND f.level = %(everything)s
    )
    ORDER BY thing.rank
"""


# Stored in English, once for all whom they tell, and known again when somebody reads them (common.wording).
REPLIED_TO_POST = gettext_noop("%(who)s replied to your post “%(post)s”")
REPLIED_TO_COMMENT = gettext_noop("%(who)s replied to your comment on “%(post)s”")
COMMENTED = gettext_noop("%(who)s commented on “%(post)s”")
NEW_COMMENTS = "new comments on “%(post)s”"
MARKED_BY_MODERATOR = gettext_noop("A moderator marked your comment on “%(post)s” as the answer")
MARKED = gettext_noop("%(who)s marked your comment on “%(post)s” as the answer")
UPVOTED = {  # whether it is a post, whether there are several
    (True, False): gettext_noop("Your post “%(post)s” has its first upvote"),
    (True, True): gettext_noop("Your post “%(post)s” has %(score)s upvotes"),
    (False, False): gettext_noop("Your comment on “%(post)s” has its first upvote"),
    (False, True): gettext_noop("Your comment on “%(post)s” has %(score)s upvotes"),
}
MENTIONED = {  # whether in a post, whether by a name
    (True, False): gettext_noop("Somebody mentioned you in “%(post)s”"),
    (True, True): gettext_noop("%(who)s mentioned you in “%(post)s”"),
    (False, False): gettext_noop("Somebody mentioned you in a comment on “%(post)s”"),
    (False, True): gettext_noop("%(who)s mentioned you in a comment on “%(post)s”"),
}
QUOTED = {
    (True, False): gettext_noop("Somebody quoted you in “%(post)s”"),
    (True, True): gettext_noop("%(who)s quoted you in “%(post)s”"),
    (False, False): gettext_noop("Somebody quoted you in a comment on “%(post)s”"),
    (False, True): gettext_noop("%(who)s quoted you in a comment on “%(post)s”"),
}
NEW_POST = {
    "tag": gettext_noop("A new post under %(name)s: %(post)s"),
    "category": gettext_noop("A new post in %(name)s: %(post)s"),
    "member": gettext_noop("A new post by %(name)s: %(post)s"),
}
NEW_POSTS = {
    "tag": "new posts under %(name)s",
    "category": "new posts in %(name)s",
    "member": "new posts by %(name)s",
}
wording.know(
    REPLIED_TO_POST, REPLIED_TO_COMMENT, MARKED_BY_MODERATOR, MARKED, *UPVOTED.values(), *MENTIONED.values(),
    *QUOTED.values(), COMMENTED, *NEW_POST.values(),
)  # fmt: skip
wording.know_counted(
    ngettext_noop("%(count)s new comment on “%(post)s”", "%(count)s new comments on “%(post)s”"),
    ngettext_noop("%(count)s new post under %(name)s", "%(count)s new posts under %(name)s"),
    ngettext_noop("%(count)s new post in %(name)s", "%(count)s new posts in %(name)s"),
    ngettext_noop("%(count)s new post by %(name)s", "%(count)s new posts by %(name)s"),
)


def of_post(post: Post, tags: Iterable[Tag], html: str) -> None:
    """A new post: whom it mentions, and who follows its author, a tag of it, or its category."""
    owner, known = masks.owner_of(post), _of(post, post)
    if owner is not None:
        following.follow_by_itself(owner, post, Follow.Level.EVERYTHING)
    mentioned = [
        *_tell_mentioned(post, post, known, calling.ids_in(html)),
        *_tell_quoted(post, post, known, quotes.quoted_in(html)),
    ]
    news = _news(post, list(tags))
    if news:
        _note_places(post, [each.place for each in news])
        besides = [owner, *mentioned]
        telling.gather(news, part=post.pk, kind="new_posts", besides=besides, under=known["under"])


def of_comment(comment: Comment, post: Post, parent: Comment | None) -> None:
    """A new comment: whom it answers, whom it mentions, and who follows the post at everything."""
    owner: Any = masks.owner_of(comment)
    answered, who = masks.owner_of(parent or post), comment.byline
    following.follow_by_itself(owner, post, Follow.Level.REPLIES)
    replied, known = REPLIED_TO_COMMENT if parent else REPLIED_TO_POST, _of(comment, post)
    telling.tell(
        [answered] if answered else [], kind="reply", words=replied % {"who": who, "post": post}, besides=owner,
        **known,
    )  # fmt: skip
    html = comment.text.body_html
    # Whoever is answered or called, and quoted as well, hears of this comment once: the key is the same.
    mentioned = _tell_mentioned(comment, post, known, calling.ids_in(html))
    quoted = _tell_quoted(comment, post, known, quotes.quoted_in(html))
    day, place = timezone.localtime(comment.posted_at).date().isoformat(), f"post:{post.pk}"
    one, many = COMMENTED % {"who": who, "post": post}, NEW_COMMENTS % {"post": post}
    news = telling.Gathering(post, f"new_comments:{post.pk}:{day}", place, one, many, comment.get_absolute_url())
    besides = [owner, answered, *mentioned, *quoted]
    telling.gather([news], part=comment.pk, kind="new_comments", besides=besides, under=known["under"])


def of_edit(thing: Post | Comment, before: str, after: str) -> None:
    """An edit tells those it mentions and quotes now, and untells those it does no more and who have not read it."""
    was, now = calling.ids_in(before), calling.ids_in(after)
    post: Any = getattr(thing, "post", thing)
    known = _of(thing, post)
    telling.take_back(set(was) - set(now), kind="mention", key=known["key"])
    _tell_mentioned(thing, post, known, [pk for pk in now if pk not in was])
    quoted, quotes_now = quotes.quoted_in(before), quotes.quoted_in(after)
    if gone := _quoted_members([each for each in quoted if each not in quotes_now]):
        telling.take_back(gone - _quoted_members(quotes_now), kind="quote", key=known["key"])
    _tell_quoted(thing, post, known, [each for each in quotes_now if each not in quoted])


def of_answer(comment: Comment, post: Post, by: Any) -> None:
    """Whoever wrote the comment hears that it is the answer."""
    owner = masks.owner_of(comment)
    words = (MARKED if post.is_by(by) else MARKED_BY_MODERATOR) % {"who": post.byline, "post": post}
    if owner is not None:
        telling.tell([owner], kind="answer", words=words, besides=by.pk, **_of_marked(comment, post))


def of_answer_withdrawn(comment: Comment) -> None:
    owner = masks.owner_of(comment)
    if owner is not None:
        telling.take_back([owner], kind="answer", key=_of_marked(comment, comment.post)["key"])


def _of_marked(comment: Comment, post: Post) -> dict[str, Any]:
    known = _of(comment, post)
    return known | {"key": f"answer:{known['key']}"}


def of_upvotes(thing: Any) -> None:
    """Whoever wrote it hears of a number of upvotes that is worth telling, of each once."""
    score = thing.score
    if not _is_milestone(score) or (owner := masks.owner_of(thing)) is None:
        return
    post: Any = getattr(thing, "post", thing)
    words = UPVOTED[post is thing, score > 1] % {"post": post, "score": score}
    known = _of(thing, post)
    known |= {"key": f"upvotes:{known['key']}:{score}", "under": ()}  # of one's own things everything is told
    telling.tell([owner], kind="upvotes", words=words, **known)


def record(moderator: Any, action: str, thing: Post | Comment, reason: str, **more: Any) -> Action:
    """Write a line of the moderators' log and tell the author; ``more`` as ``moderation.log.record`` takes it."""
    line = log.record(moderator, action, thing, reason, **more)
    from forum import holding

    of_action(thing, line)
    holding.decided(thing, action, reason)
    return line


def of_action(thing: Post | Comment, action: Action) -> None:
    """The author hears what a moderator did to their post or comment, with the reason."""
    from forum.models import Post

    post: Any = getattr(thing, "post", thing)
    what, place = ("post", "") if isinstance(thing, Post) else ("comment on", f"post:{post.pk}")
    told.of_action(
        action, owner=masks.owner_of(thing), what=what, label=str(post), url=thing.get_absolute_url(), place=place
    )


def sight_changed(thing: Post | Comment) -> None:
    """What tells of a post or comment that went out of sight goes with it, and comes back with it."""
    from forum.models import Comment

    move = telling.give_back if thing.is_shown else telling.withhold
    if isinstance(thing, Comment):
        place = f"post:{thing.post_id}"
        move([place], thing.pk)
        if not thing.is_shown:
            telling.withdraw(place, thing.pk)
        elif thing.post.is_shown:
            telling.restore(place, thing.pk)
        if not thing.post.is_shown:
            telling.withdraw(place)
        return
    move(list(thing.news.values_list("place", flat=True)), thing.pk)
    place = f"post:{thing.pk}"
    if thing.is_shown:
        gone = Comment.objects.filter(Q(is_hidden=True) | Q(deleted_at__isnull=False), post=thing)
        telling.restore(place, besides=gone.values_list("pk", flat=True))
    else:
        telling.withdraw(place)


def moved(comments: Sequence[int], from_post: int, to_post: int) -> None:
    """What tells of comments that went to another thread leads there, and goes out of sight with that one."""
    from forum.models import Comment, Post

    in_sight = Comment.objects.filter(pk__in=comments, is_hidden=False, deleted_at=None).values_list("pk", flat=True)
    is_shown = Post.objects.get(pk=to_post).is_shown
    places = f"post:{from_post}", f"post:{to_post}"
    telling.move_parts(comments, *places, in_sight=list(in_sight), is_shown=is_shown)


LINES = 5  # posts named under one notification of a digest


def lines(notifications: Sequence[Notification], since: datetime) -> dict[int, list[Line]]:
    """The newest posts that each notification has gathered since, for digests: one query for any number."""
    from forum.models import Post

    gathered = {each.pk: each.gathered[-LINES:][::-1] for each in notifications if each.count > 1}
    if not gathered:
        return {}
    # All of them are of one member, whose mail it is: what they have muted since is not named.
    news = Post.objects.listed_for(notifications[0].member).filter(is_hidden=False, posted_at__gt=since)
    posts = news.only("title", "deleted_at").in_bulk({pk for ids in gathered.values() for pk in ids})
    return {
        told: [Line(posts[pk].title, posts[pk].get_absolute_url()) for pk in ids if pk in posts]
        for told, ids in gathered.items()
    }


def _tell_mentioned(thing: Post | Comment, post: Post, known: dict[str, Any], members: Sequence[int]) -> Sequence[int]:
    mentioned = MENTIONED[thing is post, bool(thing.byline)]
    telling.tell(
        members, kind="mention", words=mentioned % {"who": thing.byline, "post": post},
        besides=masks.owner_of(thing), **known,
    )  # fmt: skip
    return members


def _tell_quoted(
    thing: Post | Comment, post: Post, known: dict[str, Any], quoted: Sequence[quotes.Quoted]
) -> Iterable[int]:
    members = _quoted_members(quoted)
    said = QUOTED[thing is post, bool(thing.byline)]
    telling.tell(
        members, kind="quote", words=said % {"who": thing.byline, "post": post},
        besides=masks.owner_of(thing), **known,
    )  # fmt: skip
    return members


def _quoted_members(quoted: Sequence[quotes.Quoted]) -> set[int]:
    """Who wrote these, as far as everybody can see them: two queries, and one more for each under a pseudonym."""
    from forum.models import Comment, Post

    shown = {"is_hidden": False, "deleted_at": None}
    posts = [each.pk for each in quoted if each.kind == "post"]
    comments = [each.pk for each in quoted if each.kind == "comment"]
    things: list[Any] = list(Post.objects.filter(pk__in=posts, **shown)) if posts else []
    if comments:
        things += Comment.objects.filter(pk__in=comments, post__is_hidden=False, post__deleted_at=None, **shown)
    return {owner for thing in things if (owner := masks.owner_of(thing)) is not None}


def _of(thing: Any, post: Post) -> dict[str, Any]:
    """How a notification of this post or comment is known again."""
    is_post = thing is post
    return {
        "key": f"post:{post.pk}" if is_post else f"comment:{thing.pk}",
        "url": thing.get_absolute_url(),
        "about": post,
        "place": f"post:{post.pk}",
        "part": None if is_post else thing.pk,
        "under": under_of(thing, post),
    }


def under_of(thing: Any, post: Post) -> list[tuple[str, int | None]]:
    """What a reader may mute so as not to hear of this: as ``forum.listing`` leaves it out of their lists."""
    from forum.models import PostTag

    tags = PostTag.objects.filter(content_object=post.pk).values_list("tag", flat=True)
    named = [("member", thing.author_id), ("member", post.author_id), ("category", post.category_id), ("post", post.pk)]
    return [*named, *(("tag", pk) for pk in tags)]


def _news(post: Post, tags: Sequence[Tag]) -> list[telling.Gathering]:
    """The post as new under each of the things it comes under and that somebody follows; what is closest first."""
    day = timezone.localtime(post.posted_at).date().isoformat()
    under: list[tuple[Any, str, str]] = [(tag, f"tag:{tag.pk}", "tag") for tag in tags]
    under.append((post.category, f"category:{post.category_id}", "category"))
    if post.author is not None:
        under.insert(0, (post.author, f"member:{post.author_id}", "member"))
    values: dict[str, Any] = {
        "types": [ContentType.objects.get_for_model(thing).pk for thing, _, _ in under],
        "things": [thing.pk for thing, _, _ in under],
        "everything": Follow.Level.EVERYTHING,
    }
    with connection.cursor() as cursor:
        cursor.execute(FOLLOWED, values)
        followed = [under[rank - 1] for (rank,) in cursor.fetchall()]
    news = []
    for thing, name, kind in followed:
        place = f"{name}:{day}"
        one, many = NEW_POST[kind] % {"name": thing, "post": post}, NEW_POSTS[kind] % {"name": thing}
        url = f"{thing.get_absolute_url()}?sort=new" if name.startswith("category:") else thing.get_absolute_url()
        news.append(telling.Gathering(thing, f"new_posts:{place}", place, one, many, url))
    return news


def _note_places(post: Post, places: Sequence[str]) -> None:
    from forum.models import PostNews

    PostNews.objects.bulk_create([PostNews(post=post, place=place) for place in places], ignore_conflicts=True)


def _is_milestone(score: int) -> bool:
    digits = str(score)
    return score in MILESTONES or (score >= 100 and digits[0] in "125" and not digits[1:].strip("0"))
