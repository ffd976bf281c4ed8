from django.urls import path

from forum.asking_urls import urlpatterns as asking
from forum.reaction_urls import urlpatterns as reacting
from forum.saving_urls import urlpatterns as saving
from forum.views import (
    comments,
    drafts,
    feeds,
    history,
    lists,
    masks,
    pictures,
    posts,
    suggesting,
    sweeping,
    visits,
    votes,
    waiting_edits,
)

app_name = "forum"

urlpatterns = [
    *asking,
    *saving,
    path("community/", lists.community, name="community"),
    path("community/feed.atom", feeds.community, name="community_feed"),
    path("community/new/", posts.post_new, name="post_new"),
    path("drafts/", drafts.drafts_list, name="drafts"),
    path("drafts/<int:pk>/discard/", drafts.draft_discard, name="draft_discard"),
    path("drafts/keep/<slug:kind>/<int:thing_id>/", drafts.draft_keep, name="draft_keep"),
    path("community/without-a-name/", masks.mine, name="masked"),
    *reacting,
    path("members/<int:pk>/everything/", sweeping.everything, name="everything"),
    path("posts/<int:pk>/unmask/", masks.unmask, {"kind": "post"}, name="post_unmask"),
    path("comments/<int:pk>/unmask/", masks.unmask, {"kind": "comment"}, name="comment_unmask"),
    path("pictures/", pictures.pictures_list, name="pictures"),
    path("pictures/new/", pictures.picture_new, name="picture_new"),
    path("pictures/<str:name>-small.webp", pictures.file, {"end": "-small"}, name="picture_small"),
    path("pictures/<str:name>.webp", pictures.file, name="picture_file"),
    path("pictures/<str:name>/", pictures.picture, name="picture"),
    path("pictures/<str:name>/use/", pictures.picture_use, name="picture_use"),
    path("pictures/<str:name>/remove/", pictures.picture_remove, name="picture_remove"),
    path("community/preview/", posts.preview, name="preview"),
    path("community/suggest/", suggesting.suggest, name="suggest"),
    path("community/c/<slug:slug>/", lists.category, name="category"),
    path("community/c/<slug:slug>/feed.atom", feeds.category, name="category_feed"),
    path("posts/<int:pk>/", posts.post, name="post_short"),
    path("posts/<int:pk>/edit/", posts.post_edit, name="post_edit"),
    path("posts/<int:pk>/edit/withdraw/", waiting_edits.withdraw, {"kind": "post"}, name="post_edit_withdraw"),
    path("posts/<int:pk>/delete/", posts.post_delete, name="post_delete"),
    path("posts/<int:pk>/comment/", comments.comment_new, name="comment_new"),
    path("posts/<int:pk>/history/", history.history, {"kind": "post"}, name="post_history"),
    path("posts/<int:pk>/history/<int:revision>/remove/", history.remove, {"kind": "post"}, name="post_remove"),
    path("posts/<int:pk>/upvote/", votes.upvote, {"kind": "post"}, name="post_upvote"),
    path("posts/<int:pk>/withdraw/", votes.withdraw, {"kind": "post"}, name="post_withdraw"),
    path("posts/<int:pk>/first-new/", visits.first_new, name="first_new"),
    path("read/<str:kind>/<int:pk>/", visits.mark_all_read, name="mark_all_read"),
    path("posts/<int:pk>/<str:slug>/feed.atom", feeds.comments, name="post_feed"),
    path("posts/<int:pk>/<str:slug>/", posts.post, name="post"),
    path("comments/<int:pk>/", comments.comment, name="comment"),
    path("comments/<int:pk>/reply/", comments.comment_reply, name="comment_reply"),
    path("comments/<int:pk>/edit/", comments.comment_edit, name="comment_edit"),
    path("comments/<int:pk>/edit/withdraw/", waiting_edits.withdraw, {"kind": "comment"}, name="comment_edit_withdraw"),
    path("comments/<int:pk>/delete/", comments.comment_delete, name="comment_delete"),
    path("comments/<int:pk>/history/", history.history, {"kind": "comment"}, name="comment_history"),
    path(
        "comments/<int:pk>/history/<int:revision>/remove/", history.remove, {"kind": "comment"}, name="comment_remove"
    ),
    path("comments/<int:pk>/upvote/", votes.upvote, {"kind": "comment"}, name="comment_upvote"),
    path("comments/<int:pk>/withdraw/", votes.withdraw, {"kind": "comment"}, name="comment_withdraw"),
]
