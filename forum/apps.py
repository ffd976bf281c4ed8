from django.apps import AppConfig

from common import recount


class ForumConfig(AppConfig):
    name = "forum"

    def ready(self) -> None:
        from forum.models import Comment, Post
        from moderation import reporting

        reporting.register(
            reporting.Reportable(
                kind="post",
                name="post",
                model=Post,
                visible_to=Post.objects.visible_to,
                author=lambda post: post.author,
                words=lambda post: f"{post.title}\n\n{post.text.body}",
            ),
            reporting.Reportable(
                kind="comment",
                name="comment",
                model=Comment,
                visible_to=Comment.objects.visible_to,
                author=lambda comment: comment.author,
                words=lambda comment: comment.text.body,
            ),
        )
        recount.register(
            recount.Counter("forum_post", "score", "SELECT count(*) FROM forum_postvote v WHERE v.thing_id = t.id"),
            recount.Counter(
                "forum_comment", "score", "SELECT count(*) FROM forum_commentvote v WHERE v.thing_id = t.id"
            ),
            recount.Counter(
                "forum_post",
                "comment_count",
                "SELECT count(*) FROM forum_comment c"
                " WHERE c.post_id = t.id AND NOT c.is_hidden AND c.deleted_at IS NULL",
            ),
        )
