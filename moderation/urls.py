from django.urls import path

from moderation.views import acts, badges, ledger, log, reports, sanctions, trust

app_name = "moderation"

urlpatterns = [
    path("report/<slug:kind>/<int:pk>/", reports.report_new, name="report"),
    path("members/<str:name>/reputation/", ledger.ledger, name="ledger"),
    path("members/<str:name>/trust/", trust.member_trust, name="member_trust"),
    path("badges/", badges.badges, name="badges"),
    path("about/trust/", trust.trust_levels, name="trust"),
    path("members/<str:name>/notes/", sanctions.note_new, name="note_new"),
    path("settings/standing/", sanctions.standing, name="standing"),
    path("warnings/<int:pk>/", sanctions.warning, name="warning"),
    path("appeals/<str:token>/", sanctions.appeal, name="appeal"),
    path("moderation/undo/<int:pk>/", acts.undo, name="undo"),
    path("moderation/log/", log.public_log, name="log"),
    path("moderation/<slug:kind>/<int:pk>/", acts.moderate, name="moderate"),
    path("moderation/<slug:kind>/<int:pk>/<slug:verb>/", acts.act, name="act"),
]
