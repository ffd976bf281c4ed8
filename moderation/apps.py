from django.apps import AppConfig
from django.contrib.auth.signals import user_logged_in
from django.utils.translation import gettext_noop


class ModerationConfig(AppConfig):
    name = "moderation"

    def ready(self) -> None:
        from accounts import barring
        from accounts.models import Member
        from common import limiting, recount
        from moderation import (
            acting,
            appeals,
            audit,
            badges,
            earning,
            limits,
            members,
            middleware,
            personal,
            queues,
            reporting,
            reputation,
            sanctions,
            told,
            trust,
        )
        from notices import kinds

        audit.listen()
        user_logged_in.connect(middleware.signed_in, dispatch_uid="moderation.signed_in")
        personal.register()
        limiting.know(limits.count, limits.count_words)
        recount.register(
            recount.Counter(
                "moderation_case", "report_count", "SELECT count(*) FROM moderation_report r WHERE r.case_id = t.id"
            )
        )
        queues.register(*queues.OWN)
        badges.register(*badges.OWN)
        reputation.register(*earning.SOURCES, sanctions.SOURCE)
        recount.register(sanctions.COUNTER)
        acting.register(members.MEMBERS)
        barring.know(sanctions.page_for_barred)
        recount.register(*reputation.COUNTERS)
        kinds.register(
            kinds.Kind(told.KIND, told.TITLE, is_personal=True),
            kinds.Kind(reporting.KIND, gettext_noop("What moderators decide about my reports")),
            kinds.Kind(appeals.KIND, gettext_noop("Appeals of members, for moderators"), for_moderators=True),
            kinds.Kind(trust.KIND, gettext_noop("Badges and trust levels I reach")),
        )
        reporting.register(
            reporting.Reportable(
                kind="member",
                name="member",
                model=Member,
                visible_to=lambda reader: Member.objects.filter(is_active=True),
                author=lambda member: member,
                words=lambda member: f"{member.username}\n\n{member.bio}",
                can_hide=False,
            )
        )
