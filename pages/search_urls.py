"""Addresses of search, and of all that a member saves."""

from django.urls import path

from pages.views import saved, search

urlpatterns = [
    path("saved/", saved.saved, name="saved"),
    path("saved/move/", saved.move, name="saved_move"),
    path("saved/folders/<int:pk>/delete/", saved.folder_delete, name="folder_delete"),
    path("search/", search.search, name="search"),
    path("search/suggestions/", search.search_suggestions, name="search_suggestions"),
    path("search/save/", search.search_save, name="search_save"),
    path("search/saved/<int:pk>/", search.search_saved, name="search_saved"),
]
