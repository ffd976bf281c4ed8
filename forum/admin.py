"""The desk for posts, comments and categories: moderators hide, lock, pin and move here, with a reason."""

from __future__ import annotations

from typing import Any

from django import forms
from django.apps import apps
from django.contrib import admin
from django.db import models
from django.db.models import Exists, OuterRef
from django.utils.html import format_html

from common.desk import ArrangedAdmin
from common.looking import LookOnly
from forum import desk_search
from forum.models import Category, CategoryModerator, Comment, CommentVote, Picture, PictureUse, Post, PostVote
from forum.models.picture import MASKED
from forum.models.reaction import ReactionKind
from moderation.bulk import ModeratedDesk


class ModeratedAdmin(ModeratedDesk, LookOnly, admin.ModelAdmin):
    """Things members wrote: moderators look at them and act on them, and never rewrite them."""

    list_per_page = 50
    ordering = ("-pk",)  # the newest first, for a list ends (``common.desk``)

    @admin.display(description="author")
    def by(self, thing: Any) -> str:
        return f"{thing.byline} (posted without a name)" if thing.byline.is_masked else str(thing.byline)


class CategoryModeratorInline(admin.StackedInline):
    model = CategoryModerator
    extra = 0
    autocomplete_fields = ("member",)

    # A formset deletes one by one, but only where it is asked to keep count: ``delete`` tells the member's row.
    def get_queryset(self, request):
        return super().get_queryset(request).select_related("member")


@admin.register(Category)
class CategoryAdmin(ArrangedAdmin):
    inlines = (CategoryModeratorInline,)
    list_display = ("name", "slug", "position", "allows_pseudonyms", "takes_answers", "description")
    search_fields = ("name", "slug")
    prepopulated_fields = {"slug": ("name",)}


@admin.register(ReactionKind)
class ReactionKindAdmin(ArrangedAdmin):
    """What can be told of posts, and in which categories; one that was told stays, and can be offered nowhere."""

    list_display = ("name", "position", "asks_for_comment")
    formfield_overrides = {models.ManyToManyField: {"widget": forms.CheckboxSelectMultiple}}


@admin.register(Post)
class PostAdmin(ModeratedAdmin):
    moderate_permission = "forum.moderate_post"
    list_display = (
        "title",
        "by",
        "category",
        "posted_at",
        "score",
        "comment_count",
        "is_hidden",
        "is_locked",
        "is_pinned",
    )
    list_filter = (
        "category",
        "is_hidden",
        "is_locked",
        "is_pinned",
        ("deleted_at", admin.EmptyFieldListFilter),
        "posted_at",
    )
    search_fields = ("text",)  # that there is a search; ``desk_search`` says how
    search_help_text = "Words of the post, or a member's whole name"
    list_select_related = ("author", "category")
    fields = (
        "title", "by", "category", "body", "tag_names", "gist", "posted_at", "edited_at", "score",
        "comment_count", "is_hidden", "is_locked", "is_pinned", "deleted_at", "page",
    )  # fmt: skip

    def get_search_results(self, request, queryset, search_term):
        return desk_search.posts(queryset, search_term), False

    @admin.display(description="text")
    def body(self, post: Post) -> str:
        return post.text.body

    @admin.display(description="tags")
    def tag_names(self, post: Post) -> str:
        return ", ".join(tag.name for tag in post.tags.all())

    @admin.display(description="page")
    def page(self, post: Post) -> str:
        return post.get_absolute_url()


@admin.register(Comment)
class CommentAdmin(ModeratedAdmin):
    moderate_permission = "forum.moderate_comment"
    list_display = ("opening", "by", "post", "posted_at", "score", "is_hidden")
    sortable_by = ()  # no index leads to another order of millions of comments
    list_filter = ("is_hidden", ("deleted_at", admin.EmptyFieldListFilter), "posted_at")
    search_fields = ("text",)  # that there is a search; ``desk_search`` says how
    search_help_text = "Words of the comment or of its post, or a member's whole name"
    list_select_related = ("author", "post", "text")
    fields = ("post", "by", "body", "posted_at", "edited_at", "score", "is_hidden", "deleted_at", "page")

    def get_search_results(self, request, queryset, search_term):
        return desk_search.comments(queryset, search_term), False

    @admin.display(description="text")
    def opening(self, comment: Comment) -> str:
        return comment.text.body[:90]

    @admin.display(description="text")
    def body(self, comment: Comment) -> str:
        return comment.text.body

    @admin.display(description="page")
    def page(self, comment: Comment) -> str:
        return comment.get_absolute_url()


@admin.register(Picture)
class PictureAdmin(ModeratedAdmin):
    """Pictures of members. Hiding can be undone; removing takes the files away for good."""

    moderate_permission = "forum.moderate_picture"
    list_display = ("drawn", "alt", "owner_name", "uploaded_at", "is_hidden", "removed_at", "taken_back_at")
    list_filter = ("is_hidden", ("removed_at", admin.EmptyFieldListFilter), "uploaded_at")
    search_fields = ("=name",)  # to find by owner would tell who stands behind a pseudonym
    search_help_text = "The picture's name, as its address has it"
    list_select_related = ("owner",)
    fields = ("drawn", "alt", "owner_name", "width", "height", "size", "uploaded_at", "is_hidden", "removed_at", "page")

    def get_queryset(self, request):
        masked = PictureUse.objects.filter(MASKED, picture=OuterRef("pk"))
        return super().get_queryset(request).annotate(under_pseudonym=Exists(masked))

    @admin.display(description="owner")
    def owner_name(self, picture: Picture) -> str:
        return "under a pseudonym" if picture.under_pseudonym else str(picture.owner)  # type: ignore[attr-defined]

    @admin.display(description="picture")
    def drawn(self, picture: Picture) -> str:
        if picture.removed_at:
            return "removed"
        return format_html(
            '<img src="{}" width="{}" height="{}" alt="{}" loading="lazy">',
            picture.small_address, 120, max(1, round(120 * picture.height / picture.width)), picture.alt or "picture",
        )  # fmt: skip

    @admin.display(description="page")
    def page(self, picture: Picture) -> str:
        return picture.get_absolute_url()


class VoteAdmin(LookOnly, admin.ModelAdmin):
    """Votes, to look at only: a changed row would leave a score that lies."""

    list_display = ("member", "thing", "voted_at")
    list_select_related = ("member", "thing")
    search_fields = ("member__username",)


admin.site.register(PostVote, VoteAdmin)
admin.site.register(CommentVote, VoteAdmin)


class RevisionAdmin(LookOnly, admin.ModelAdmin):
    """What an edit replaced, kept by trigger."""

    list_display = ("pgh_created_at", "pgh_obj", "pgh_label")
    list_select_related = ("pgh_obj",)
    ordering = ("-pgh_id",)


admin.site.register(apps.get_model("forum", "PostRevision"), RevisionAdmin)
admin.site.register(apps.get_model("forum", "CommentRevision"), RevisionAdmin)
