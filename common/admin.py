"""The desk for the vocabulary."""

from __future__ import annotations

from django.contrib import admin

from common.models import Tag
from common.tags import normalise


@admin.register(Tag)
class TagAdmin(admin.ModelAdmin):
    list_display = ("name", "slug", "use_count", "synonym_of")
    search_fields = ("name",)
    list_filter = (("synonym_of", admin.EmptyFieldListFilter), ("description", admin.EmptyFieldListFilter))
    autocomplete_fields = ("synonym_of",)
    readonly_fields = ("use_count",)
    prepopulated_fields = {"slug": ("name",)}

    def save_model(self, request, obj, form, change):
        obj.name = normalise(obj.name)
        super().save_model(request, obj, form, change)
