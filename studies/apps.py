from django.apps import AppConfig
from django.db.models.signals import post_delete, pre_delete
from django.utils.translation import gettext_noop

from common import naming, recount
from notices import kinds


class StudiesConfig(AppConfig):
    name = "studies"

    def ready(self) -> None:
        from common.models import Tag
        from moderation import badges, lens, reporting, reputation
        from notices import following, private_feeds
        from studies import arrivals, awards, earning, personal, searches
        from studies.checking import drugs
        from studies.models import Author, Journal, SavedSearch, Study, Summary

        personal.register()
        searches.register(SavedSearch.Place.LIBRARY, searches.in_library)
        following.register(
            following.Followable("study", Study, gettext_noop("Study")),
            following.Followable("tag", Tag, gettext_noop("Tag")),
            following.Followable("journal", Journal, gettext_noop("Journal")),
            following.Followable("author", Author, gettext_noop("Author")),
            following.Followable(
                "search", SavedSearch, gettext_noop("Search"), lambda rows, member: rows.filter(member=member)
            ),
        )
        reporting.register(
            reporting.Reportable(
                kind="summary",
                name="summary",
                model=Summary,
                visible_to=lambda reader: Summary.objects.select_related("study", "writer"),
                author=lambda summary: summary.writer,
                words=lambda summary: f"{summary.tldr}\n\n{summary.body}",
                hides=gettext_noop("Take its review back: librarians look again"),
            )
        )
        private_feeds.register(private_feeds.PrivateFeed("New studies under what you follow", "studies:followed_feed"))
        kinds.register(
            kinds.Kind("new_studies", gettext_noop("New studies under what I follow"), arrivals.lines),
            kinds.Kind("standing", gettext_noop("A study I saved or follow is retracted, corrected or questioned")),
            kinds.Kind("summary", gettext_noop("A study I follow has a new summary")),
            kinds.Kind("discussion", gettext_noop("A study I follow is discussed")),
            kinds.Kind("correction", gettext_noop("Answers to what I reported or suggested")),
            kinds.Kind("wanted", gettext_noop("A study I asked for has arrived")),
        )
        badges.register(*awards.BADGES)
        lens.know(drugs.names())
        reputation.register(*earning.SOURCES)
        self._follow_mentions()
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
                "studies_study",
                "retracted_cites_count",
                "SELECT count(DISTINCT c.cited_id) FROM studies_citation c JOIN studies_study r ON r.id = c.cited_id"
                " WHERE c.study_id = t.id AND r.retraction = 'retracted'",
            ),
            recount.Counter(
                "studies_studysuggestion",
                "ask_count",
                "SELECT count(*) FROM studies_studyask a WHERE a.suggestion_id = t.id",
            ),
            recount.Counter(
                "common_tag",
                "use_count",
                "(SELECT count(*) FROM studies_studytag s WHERE s.tag_id = t.id)"
                " + (SELECT count(*) FROM forum_posttag tagged JOIN forum_post p ON p.id = tagged.content_object_id"
                " WHERE tagged.tag_id = t.id AND NOT p.is_hidden AND p.deleted_at IS NULL)",
            ),
        )

    def _follow_mentions(self) -> None:
        from forum import signals
        from studies import mentions
        from studies.naming import StudyNames

        naming.know(StudyNames())
        signals.words_written.connect(mentions.words_written, dispatch_uid="mentions")
        signals.sight_changed.connect(mentions.sight_changed, dispatch_uid="mentions")
        signals.comments_moved.connect(mentions.comments_moved, dispatch_uid="mentions")
        pre_delete.connect(mentions.study_goes, sender="studies.Study", dispatch_uid="mentions")
        post_delete.connect(mentions.study_gone, sender="studies.Study", dispatch_uid="mentions")
        recount.register(
            recount.Counter("studies_mentionedwork", "post_count", mentions.POSTS_OF_WORK),
            recount.Counter("studies_study", "mention_count", mentions.POSTS_OF_STUDY),
        )
