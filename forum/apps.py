from django.apps import AppConfig

from common import recount


class ForumConfig(AppConfig):
    name = "forum"

    def ready(self) -> None:
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
