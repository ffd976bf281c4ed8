from django.urls import path

from moderation.views import ledger, log, reports, trust

app_name = "moderation"

urlpatterns = [
    path("report/<slug:kind>/<int:pk>/", reports.report_new, name="report"),
    path("members/<str:name>/reputation/", ledger.ledger, name="ledger"),
    path("members/<str:name>/trust/", trust.member_trust, name="member_trust"),
    path("about/trust/", trust.trust_levels, name="trust"),
    path("moderation/log/", log.public_log, name="log"),
]
