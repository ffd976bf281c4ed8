"""Who may do what, as data: every address of the site, for every kind of visitor.

Each line is ``address: (reading, writing)``, by GET and by POST. The words:

ANYONE      open to all, guests too                    MEMBERS     signed in; a guest is sent to sign in
AUTHOR      who made it; others are refused (403)      OWNER       who owns it; to others it is not there (404)
OTHERS      any member but who made it (403)           LIBRARIANS  who keeps the library; others are refused (403)
NOBODY      it is not there for anyone (404)              NOTHING     this method does nothing here (405)
"""

from __future__ import annotations

ANYONE, MEMBERS, AUTHOR, OWNER, OTHERS, LIBRARIANS, NOBODY, NOTHING = (
    "anyone", "members", "author", "owner", "others", "librarians", "nobody", "nothing",
)  # fmt: skip

MATRIX: dict[str, tuple[str, str]] = {
    # faces
    "pages:home": (ANYONE, NOTHING),
    "pages:about": (ANYONE, NOTHING),
    "pages:limits": (ANYONE, NOTHING),
    "pages:search": (ANYONE, NOTHING),
    "pages:tags": (ANYONE, NOTHING),
    "pages:tag": (ANYONE, NOTHING),
    "pages:tag_feed": (ANYONE, NOTHING),
    "pages:suggestions": (NOTHING, MEMBERS),
    "pages:profile": (ANYONE, NOTHING),
    "pages:robots": (ANYONE, NOTHING),
    "pages:healthz": (ANYONE, NOTHING),
    "pages:readyz": (ANYONE, NOTHING),
    # the community
    "forum:community": (ANYONE, NOTHING),
    "forum:category": (ANYONE, NOTHING),
    "forum:post": (ANYONE, NOTHING),
    "forum:post_short": (ANYONE, NOTHING),
    "forum:comment": (ANYONE, NOTHING),
    "forum:post_new": (MEMBERS, MEMBERS),
    "forum:preview": (NOTHING, MEMBERS),
    "forum:post_edit": (AUTHOR, AUTHOR),
    "forum:post_delete": (AUTHOR, AUTHOR),
    "forum:comment_new": (NOTHING, MEMBERS),
    "forum:comment_reply": (MEMBERS, MEMBERS),
    "forum:comment_edit": (AUTHOR, AUTHOR),
    "forum:comment_delete": (AUTHOR, AUTHOR),
    "forum:post_history": (ANYONE, NOTHING),
    "forum:comment_history": (ANYONE, NOTHING),
    "forum:post_remove": (AUTHOR, AUTHOR),
    "forum:comment_remove": (AUTHOR, AUTHOR),
    "forum:post_upvote": (NOTHING, OTHERS),
    "forum:comment_upvote": (NOTHING, OTHERS),
    "forum:post_withdraw": (NOTHING, MEMBERS),
    "forum:comment_withdraw": (NOTHING, MEMBERS),
    # the library, to read
    "studies:library": (ANYONE, NOTHING),
    "studies:export_list": (ANYONE, NOTHING),
    "studies:export": (ANYONE, NOTHING),
    "studies:wanted": (ANYONE, NOTHING),
    "studies:by_doi": (ANYONE, NOTHING),
    "studies:by_pmid": (ANYONE, NOTHING),
    "studies:study_short": (ANYONE, NOTHING),
    "studies:study": (ANYONE, NOTHING),
    "studies:cover": (ANYONE, NOTHING),
    "studies:card": (ANYONE, NOTHING),
    "studies:discuss": (MEMBERS, MEMBERS),
    "studies:references": (ANYONE, NOTHING),
    "studies:cited_by": (ANYONE, NOTHING),
    "studies:posts": (ANYONE, NOTHING),
    "studies:similar": (ANYONE, NOTHING),
    "studies:mentions": (ANYONE, NOTHING),
    "studies:cite": (ANYONE, NOTHING),
    "studies:history": (ANYONE, NOTHING),
    "studies:sources": (ANYONE, NOTHING),
    "studies:journal": (ANYONE, NOTHING),
    "studies:author": (ANYONE, NOTHING),
    "studies:open_data": (ANYONE, NOTHING),
    "studies:library_feed": (ANYONE, NOTHING),
    "studies:journal_feed": (ANYONE, NOTHING),
    "studies:author_feed": (ANYONE, NOTHING),
    "studies:summary_history": (ANYONE, NOTHING),
    "studies:summary_version": (ANYONE, NOTHING),
    # the library, as members help it
    "studies:suggest": (MEMBERS, MEMBERS),
    "studies:correct": (MEMBERS, MEMBERS),
    "studies:report_new": (MEMBERS, MEMBERS),
    "studies:summary_propose": (MEMBERS, MEMBERS),
    "studies:summary_preview": (NOTHING, MEMBERS),
    # the library, kept by librarians
    "studies:wanted_fetch": (NOTHING, LIBRARIANS),
    "studies:standing": (LIBRARIANS, NOTHING),
    "studies:summary_edit": (LIBRARIANS, LIBRARIANS),
    "studies:summary_review": (NOTHING, LIBRARIANS),
    "studies:summary_draft_new": (NOTHING, LIBRARIANS),
    "studies:summary_draft": (LIBRARIANS, NOTHING),
    "studies:summary_proposals": (LIBRARIANS, NOTHING),
    "studies:summaries_to_review": (LIBRARIANS, NOTHING),
    "studies:summary_proposal": (LIBRARIANS, LIBRARIANS),
    "studies:error_reports": (LIBRARIANS, NOTHING),
    "studies:error_report_settle": (NOTHING, LIBRARIANS),
    "studies:suggestions": (LIBRARIANS, NOTHING),
    "studies:suggestion_answer": (NOTHING, LIBRARIANS),
    "studies:corrections": (LIBRARIANS, NOTHING),
    "studies:correction_answer": (NOTHING, LIBRARIANS),
    "studies:by_hand": (LIBRARIANS, LIBRARIANS),
    "studies:librarians": (LIBRARIANS, NOTHING),
    "studies:merges": (LIBRARIANS, NOTHING),
    "studies:merge": (LIBRARIANS, LIBRARIANS),
    "studies:import_new": (LIBRARIANS, LIBRARIANS),
    "studies:import_identifiers": (NOTHING, LIBRARIANS),
    "studies:imports": (LIBRARIANS, NOTHING),
    "studies:import_run": (LIBRARIANS, NOTHING),
    "studies:import_start": (NOTHING, LIBRARIANS),
    "studies:import_cancel": (NOTHING, LIBRARIANS),
    "studies:import_again": (NOTHING, LIBRARIANS),
    # what a member keeps and is told
    "studies:save": (NOTHING, MEMBERS),
    "studies:unsave": (NOTHING, MEMBERS),
    "studies:put_back": (NOTHING, MEMBERS),
    "studies:keep": (MEMBERS, MEMBERS),
    "studies:saved": (MEMBERS, NOTHING),
    "studies:saved_export": (MEMBERS, NOTHING),
    "studies:lists": (MEMBERS, NOTHING),
    "studies:list_new": (MEMBERS, MEMBERS),
    "studies:list": (OWNER, NOTHING),  # a private one
    "studies:list_export": (OWNER, NOTHING),
    "studies:list_feed": (NOBODY, NOTHING),  # a private list has no feed
    "studies:list_edit": (OWNER, OWNER),
    "studies:list_delete": (OWNER, OWNER),
    "studies:list_add": (NOTHING, OWNER),
    "studies:list_take_out": (NOTHING, OWNER),
    "studies:list_move": (NOTHING, OWNER),
    "studies:entry_note": (OWNER, OWNER),
    "studies:arrivals_under": (MEMBERS, NOTHING),
    "studies:search_follow": (NOTHING, MEMBERS),
    "notices:notifications": (MEMBERS, NOTHING),
    "notices:read_all": (NOTHING, MEMBERS),
    "notices:open": (NOTHING, OWNER),
    "notices:read": (NOTHING, OWNER),
    "notices:preferences": (MEMBERS, MEMBERS),
    "notices:following": (MEMBERS, NOTHING),
    "notices:end_follow": (NOTHING, MEMBERS),  # ends a follow of one's own, else nothing
    "notices:follow": (NOTHING, MEMBERS),
    "notices:unfollow": (NOTHING, MEMBERS),
    "notices:private_feeds": (MEMBERS, NOTHING),
    "notices:renew_feeds": (NOTHING, MEMBERS),
    "notices:close_feeds": (NOTHING, MEMBERS),
    "accounts:settings": (MEMBERS, MEMBERS),
    "accounts:sessions": (MEMBERS, MEMBERS),
    # moderation
    "moderation:report": (OTHERS, OTHERS),
    "moderation:log": (ANYONE, NOTHING),
}

# Addresses that the matrix need not try, each with the reason.
APART = {
    "studies:picture": "tests/studies/test_study_page.py: a file, open to all",
    "notices:unread": "answers a number to members and nothing to guests (tests/notices)",
    "notices:mail": "the demo's mail page, which production does not have",
    "notices:notifications_feed": "whoever has the token (tests/notices)",
    "studies:followed_feed": "whoever has the token (tests/studies)",
    "notices:unsubscribe": "whoever has the signed token (tests/notices)",
    "studies:open_data_file": "tests/studies/exporting: files that are open to all",
    "accounts:login": "tests/accounts/test_signin.py",
    "accounts:signup": "tests/accounts/test_signup.py",
}
# What is not ours and is guarded by its own rule: allauth's pages of one's own account, and the desk.
FAMILIES = {
    "account_": "allauth; every page asks to sign in, or is the way to it",
    "mfa_": "allauth",
    "usersessions_": "allauth",
    "admin:": "the desk: TestTheDesk",
}
