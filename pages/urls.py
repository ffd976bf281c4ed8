from django.urls import path

from pages.views import avatar, health, home, profile, robots, tags, writing

app_name = "pages"

urlpatterns = [
    path("", home.home, name="home"),
    path("about/", home.about, name="about"),
    path("about/limits/", home.about_limits, name="limits"),
    path("writing/suggestions/", writing.suggestions, name="suggestions"),
    path("settings/avatar/", avatar.avatar, name="avatar"),
    path("settings/avatar/remove/", avatar.avatar_remove, name="avatar_remove"),
    path("tags/", tags.tags, name="tags"),
    path("tags/<str:slugs>/feed.atom", tags.tag_feed, name="tag_feed"),
    path("tags/<str:slugs>/", tags.tag, name="tag"),
    path("members/<str:name>/feed.atom", profile.profile_feed, name="profile_feed"),
    path("members/<str:name>/picture/remove/", avatar.avatar_take_away, name="avatar_take_away"),
    path("members/<str:name>/", profile.profile, name="profile"),
    path("robots.txt", robots.robots, name="robots"),
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
]

from pages.search_urls import urlpatterns as searching  # noqa: E402 - a list of its own

urlpatterns += searching
