"""Addresses of what members keep of the library: saved studies, lists, what they follow."""

from django.urls import path

from studies.views import feeds, following, lists, saved

urlpatterns = [
    path("studies/feed.atom", feeds.library, name="library_feed"),
    path("journals/<str:slug>/feed.atom", feeds.journal, name="journal_feed"),
    path("authors/<int:pk>/<str:slug>/feed.atom", feeds.author, name="author_feed"),
    path("lists/<int:pk>/<str:slug>/feed.atom", feeds.reading_list, name="list_feed"),
    path("feeds/<str:token>/following.atom", feeds.followed, name="followed_feed"),
    path("following/new/<str:kind>/<int:pk>/", following.arrivals_under, name="arrivals_under"),
    path("following/search/", following.search_follow, name="search_follow"),
    path("saved/<int:pk>/save/", saved.save, name="save"),
    path("saved/<int:pk>/remove/", saved.unsave, name="unsave"),
    path("saved/<int:pk>/put-back/", saved.put_back, name="put_back"),
    path("studies/<int:pk>/<str:slug>/keep/", saved.keep, name="keep"),
    path("saved.<format:format>", saved.saved_export, name="saved_export"),
    path("lists/", lists.lists, name="lists"),
    path("lists/new/", lists.list_new, name="list_new"),
    path("lists/<int:pk>/<str:slug>.<format:format>", lists.list_export, name="list_export"),
    path("lists/<int:pk>/<str:slug>/", lists.reading_list, name="list"),
    path("lists/<int:pk>/<str:slug>/edit/", lists.list_edit, name="list_edit"),
    path("lists/<int:pk>/<str:slug>/delete/", lists.list_delete, name="list_delete"),
    path("lists/<int:pk>/add/<int:study>/", lists.list_add, name="list_add"),
    path("lists/<int:pk>/take-out/<int:study>/", lists.list_take_out, name="list_take_out"),
    path("lists/<int:pk>/entries/<int:entry>/move/", lists.list_move, name="list_move"),
    path("lists/<int:pk>/entries/<int:entry>/note/", lists.entry_note, name="entry_note"),
]
