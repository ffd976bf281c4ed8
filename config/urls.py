"""Every address of the site."""

from django.contrib import admin
from django.urls import include, path

urlpatterns = [
    path("", include("pages.urls")),
    path("", include("forum.urls")),
    path("", include("studies.urls")),
    path("", include("notices.urls")),
    path("", include("accounts.urls")),
    path("", include("moderation.urls")),
    path("accounts/", include("allauth.urls")),
    path("admin/", admin.site.urls),
]

handler400 = "pages.views.errors.bad_request"
handler403 = "pages.views.errors.permission_denied"
handler429 = "pages.views.errors.too_many"
handler404 = "pages.views.errors.not_found"
handler500 = "pages.views.errors.server_error"
