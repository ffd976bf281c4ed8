from django.urls import path

from moderation.views import ledger, log, reports

app_name = "moderation"

urlpatterns = [
    path("report/<slug:kind>/<int:pk>/", reports.report_new, name="report"),
    path("members/<str:name>/reputation/", ledger.ledger, name="ledger"),
    path("moderation/log/", log.public_log, name="log"),
]
