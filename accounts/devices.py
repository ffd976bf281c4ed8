"""Devices by the names people have for them, from what browsers say of themselves."""

from __future__ import annotations

from django.utils.translation import gettext

# The first that occurs is it: most browsers also name those whose pages they want to be given.
BROWSERS = (
    ("Edg", "Edge"), ("OPR/", "Opera"), ("SamsungBrowser", "Samsung Internet"), ("Vivaldi", "Vivaldi"),
    ("DuckDuckGo", "DuckDuckGo"), ("FxiOS", "Firefox"), ("Firefox", "Firefox"), ("CriOS", "Chrome"),
    ("Chromium", "Chromium"), ("Chrome", "Chrome"), ("Safari", "Safari"), ("curl", "curl"),
)  # fmt: skip
SYSTEMS = (
    ("iPhone", "an iPhone"), ("iPad", "an iPad"), ("Android", "Android"), ("CrOS", "a Chromebook"),
    ("Windows", "Windows"), ("Macintosh", "a Mac"), ("Mac OS X", "a Mac"), ("Linux", "Linux"),
)  # fmt: skip


def name_of(agent: str) -> str:
    """ "Firefox on Windows", from a User-Agent header; what is not known is told as it is, cut short."""
    browser = next((name for sign, name in BROWSERS if sign in agent), "")
    system = next((name for sign, name in SYSTEMS if sign in agent), "")
    if browser and system:
        return gettext("%(browser)s on %(system)s") % {"browser": browser, "system": system}
    if browser or system:
        return browser or gettext("A browser on %(system)s") % {"system": system}
    return agent[:60].strip() or gettext("An unknown browser")
