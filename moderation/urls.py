from django.urls import path

from moderation.views import log, reports

app_name = "moderation"

urlpatterns = [
    path("report/<slug:kind>/<int:pk>/", reports.report_new, name="report"),
    path("moderation/log/", log.public_log, name="log"),
]
