"""Render the stored HTML of posts and comments again, after the renderer or its sanitiser has changed."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from common.markdown import RENDERER_VERSION
from forum.models import CommentText, PostText

BATCH = 500


class Command(BaseCommand):
    help = "Render again what an older version of the renderer made. May be stopped and run again."

    def handle(self, *args, **options):
        kinds: tuple[tuple[str, Any], ...] = (
            ("posts", PostText.objects.select_related("post")),
            ("comments", CommentText.objects.select_related("comment")),
        )
        for name, texts in kinds:
            rendered = 0
            while batch := list(texts.filter(renderer_version__lt=RENDERER_VERSION).order_by("pk")[:BATCH]):
                for text in batch:
                    text.save(update_fields=["body_html", "renderer_version"])
                rendered += len(batch)
            self.stdout.write(f"{rendered} {name} rendered again.")
