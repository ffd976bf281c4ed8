"""The addresses of polls and of answers."""

from django.urls import path

from forum.views import polls, solving

urlpatterns = [
    path("posts/<int:pk>/poll/", polls.poll, name="poll"),
    path("posts/<int:pk>/poll/vote/", polls.poll_vote, name="poll_vote"),
    path("posts/<int:pk>/poll/close/", polls.poll_close, name="poll_close"),
    path("posts/<int:pk>/poll/<int:option_id>/voters/", polls.poll_voters, name="poll_voters"),
    path("comments/<int:pk>/answer/", solving.comment_answer, name="comment_answer"),
    path("comments/<int:pk>/no-answer/", solving.comment_no_answer, name="comment_no_answer"),
]
