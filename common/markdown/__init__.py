"""Markdown as members write it, to HTML that any page may carry.

CommonMark with tables, strikethrough, task lists, alerts and footnotes. Raw HTML is text. What comes out is made
here (markdown-it parses, our rules write) and then passes an allow-list (nh3), so that two walls must fall before
anything of a member's could run.

What a body may not do: name a heading above h3 (h1 and h2 are the page's), load anything but a picture that its author
put on this site (any other image becomes a link), style, name or frame anything, link to anything but ``http:``,
``https:``, ``mailto:`` and a path of this site.

``parsing`` makes tokens of a source, ``links`` and ``named`` see to where they lead, ``writing`` makes HTML of them,
``allowed`` is the second wall; ``rendering`` and ``gists`` are the doors.
"""

from common.markdown.gists import gist
from common.markdown.links import is_followed
from common.markdown.parsing import OUTPUT_LIMIT
from common.markdown.rendering import RENDERER_VERSION, as_typed, render

__all__ = ("OUTPUT_LIMIT", "RENDERER_VERSION", "as_typed", "gist", "is_followed", "render")
