"""Addresses by which posts and comments are saved. They stand before a post's own, whose title may be anything."""

from django.urls import path

from forum.views import saving

urlpatterns = [
    path("posts/<int:pk>/save/", saving.save, {"kind": "post"}, name="post_save"),
    path("posts/<int:pk>/unsave/", saving.unsave, {"kind": "post"}, name="post_unsave"),
    path("posts/<int:pk>/put-back/", saving.put_back, {"kind": "post"}, name="post_put_back"),
    path("posts/<int:pk>/keep/", saving.keep, {"kind": "post"}, name="post_keep"),
    path("comments/<int:pk>/save/", saving.save, {"kind": "comment"}, name="comment_save"),
    path("comments/<int:pk>/unsave/", saving.unsave, {"kind": "comment"}, name="comment_unsave"),
    path("comments/<int:pk>/put-back/", saving.put_back, {"kind": "comment"}, name="comment_put_back"),
    path("comments/<int:pk>/keep/", saving.keep, {"kind": "comment"}, name="comment_keep"),
]
