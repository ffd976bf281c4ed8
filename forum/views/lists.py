"""Lists of posts: the community, and each category."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext, gettext_noop
from django.views.decorators.http import require_safe

from common.paging import KeysetPage, paginate
from forum import listing, ranking, terms, visits
from forum.models import Category, Post, PostVote
from notices.following import followed_among
from notices.muting import is_muted, muted_by

ORDERS = {
    "hot": ("-hotness", "-pk"),
    "new": ("-posted_at", "-pk"),
    "top": ("-score", "-pk"),
    "active": ("-last_active_at", "-pk"),
    "unanswered": ("-posted_at", "-pk"),
    "answered": ("-posted_at", "-pk"),
}
PERIODS = (
    ("day", gettext_noop("Today")),
    ("week", gettext_noop("This week")),
    ("month", gettext_noop("This month")),
    ("year", gettext_noop("This year")),
    ("all", gettext_noop("All time")),
)
MOST_PINNED = 5


def read_list(posts, sort: str, period: str, after: str, sieve=None) -> KeysetPage:
    """One page of ``posts`` in the order ``sort``, without what ``sieve`` leaves out.

    Raises ``Http404`` for a word or a cursor it doesn't know.
    """
    if sort not in ORDERS:
        raise Http404(gettext("Posts can be sorted by %(orders)s.") % {"orders": ", ".join(ORDERS)})
    if period not in dict(PERIODS):
        raise Http404(gettext("The period is day, week, month, year or all."))
    if sort == "unanswered":
        posts = posts.filter(comment_count=0)
    if sort == "answered":
        posts = posts.filter(is_answered=True)
    if sort == "top" and (moment := ranking.since(period)):
        posts = posts.filter(posted_at__gte=moment)
    return paginate(posts.for_list(), ORDERS[sort], after, sieve=sieve)


@require_safe
def community(request: HttpRequest) -> HttpResponse:
    return _post_list(request, None)


@require_safe
def category(request: HttpRequest, slug: str) -> HttpResponse:
    return _post_list(request, get_object_or_404(Category, slug=slug))


def _post_list(request: HttpRequest, shelf: Category | None) -> HttpResponse:
    sort, period = request.GET.get("sort", "hot"), request.GET.get("period", "week")
    after = request.GET.get("after", "")
    muted = muted_by(request.user)
    # A muted category's own page shows its posts to who asks for them there.
    is_muted_here = bool(shelf and is_muted(request.user, "category", shelf.pk))
    shows_muted = is_muted_here and request.GET.get("muted") == "show"
    if shelf and shows_muted:
        muted = muted.besides("category", shelf.pk)
    visible = Post.objects.visible_to(request.user).in_category(shelf)
    if is_muted_here and not shows_muted:
        visible = visible.none()
    # A pinned post stands above its list, and then not once more in it.
    above = terms.pinned(listing.posts(visible, request.user, muted), shelf)
    pinned = list(above.for_list()[:MOST_PINNED]) if sort == "hot" else []
    page = read_list(
        visible.exclude(pk__in=[post.pk for post in pinned]), sort, period, after, listing.sieve(request.user, muted)
    )
    if not page.is_first:
        pinned = []
    visits.mark(request.user, [*pinned, *page.rows])
    return render(
        request,
        "forum/posts/list.html",
        {
            "section": "community",
            "category": shelf,
            "categories": Category.objects.all(),
            "is_followed": bool(shelf and followed_among(request.user, [shelf])),
            "is_muted": is_muted_here,
            "shows_muted": shows_muted,
            "page": page,
            "pinned": pinned,
            "sorts": ranking.SORTS,
            "sort": sort,
            "periods": PERIODS,
            "period": period,
            "voted": PostVote.of(request.user, [*pinned, *page.rows]),
        },
    )
