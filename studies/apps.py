from django.apps import AppConfig

from common import recount


class StudiesConfig(AppConfig):
    name = "studies"

    def ready(self) -> None:
        recount.register(
            recount.Counter(
                "studies_study", "reference_count", "SELECT count(*) FROM studies_citation c WHERE c.study_id = t.id"
            ),
            recount.Counter(
                "studies_study",
                "cites_count",
                "SELECT count(*) FROM studies_citation c WHERE c.study_id = t.id AND c.cited_id IS NOT NULL",
            ),
            recount.Counter(
                "studies_study",
                "cited_by_count",
                "SELECT count(DISTINCT c.study_id) FROM studies_citation c WHERE c.cited_id = t.id",
            ),
            recount.Counter(
                "common_tag",
                "use_count",
                "(SELECT count(*) FROM studies_studytag s WHERE s.tag_id = t.id)"
                " + (SELECT count(*) FROM forum_posttag tagged JOIN forum_post p ON p.id = tagged.content_object_id"
                " WHERE tagged.tag_id = t.id AND NOT p.is_hidden AND p.deleted_at IS NULL)",
            ),
        )
