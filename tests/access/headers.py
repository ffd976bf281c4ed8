"""What the headers of an answer are worth, by the published scoring of the HTTP Observatory.

A page begins at 100, loses points for what is missing, and is given more for what is strict. The most that can be had
without a place in the browsers' list of hosts that speak https only is 135; without a cookie it is 130.
"""

from __future__ import annotations

from django.http.response import HttpResponseBase

HALF_A_YEAR = 15_768_000  # seconds
PRIVATE = {"no-referrer", "same-origin", "strict-origin", "strict-origin-when-cross-origin"}


def score(answer: HttpResponseBase) -> int:
    """The points of an answer that came over https. What can be wrong and what can be strict are told apart, so that
    nothing strict makes up for something wrong (https://developer.mozilla.org/en-US/observatory/docs/tests_and_scoring)."""
    cookies = [each for each in answer.cookies.values() if each["max-age"] != 0]  # not those that are taken away
    policy = directives(answer.headers.get("Content-Security-Policy", ""))
    lost = [
        (25, not policy),
        (20, "'unsafe-inline'" in policy.get("script-src", policy.get("default-src", []))),
        (20, "'unsafe-inline'" in policy.get("style-src", policy.get("default-src", []))),
        (10, any("'unsafe-eval'" in sources for sources in policy.values())),
        (20, _seconds_of_https_only(answer) < HALF_A_YEAR),
        (5, answer.headers.get("X-Content-Type-Options") != "nosniff"),
        (20, "X-Frame-Options" not in answer.headers and "frame-ancestors" not in policy),
        (50, answer.headers.get("Access-Control-Allow-Origin") == "*"),
        (5, answer.headers.get("Referrer-Policy", "") in ("unsafe-url", "no-referrer-when-downgrade")),
        (40, any(not each["secure"] for each in cookies)),
    ]
    strict = [
        (10 if policy.get("default-src") == ["'none'"] else 5, policy and not any(took for _, took in lost[1:4])),
        (5, policy.get("frame-ancestors") == ["'none'"]),
        (5, answer.headers.get("Referrer-Policy") in PRIVATE),
        (10, answer.headers.get("Cross-Origin-Resource-Policy") in ("same-origin", "same-site")),
        (5, cookies and all(each["samesite"] for each in cookies)),
    ]
    base = 100 - sum(points for points, took in lost if took)
    return base + (sum(points for points, has in strict if has) if base >= 90 else 0)


def directives(policy: str) -> dict[str, list[str]]:
    """A Content-Security-Policy as its directives, each with its sources."""
    parts = (part.split() for part in policy.split(";"))
    return {words[0]: words[1:] for words in parts if words}


def _seconds_of_https_only(answer: HttpResponseBase) -> int:
    said = answer.headers.get("Strict-Transport-Security", "")
    ages = [part.strip().removeprefix("max-age=") for part in said.split(";") if "max-age=" in part]
    return int(ages[0]) if ages and ages[0].isdecimal() else 0
