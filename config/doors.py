"""What each address that changes something asks of its visitor, for members whom moderators have barred from it.

``moderation.doors`` holds them: who is barred from a kind gets 403 with the reason there. An address that stands in no
line counts as writing, and ``tests/access/test_doors.py`` fails for it. A name that ends with "*" is all that begin so.
"""

DOORS: dict[str, str] = {
    # Words or pictures that others read, and changes of what others wrote.
    "write": """
        forum:post_new forum:post_edit forum:comment_new forum:comment_reply forum:comment_edit forum:picture_new
        forum:picture_use forum:poll_close forum:comment_answer forum:comment_no_answer forum:post_unmask
        forum:comment_unmask
        pages:avatar pages:avatar_take_away accounts:settings
        studies:discuss studies:summary_propose studies:list_new studies:list_edit studies:entry_note
        studies:wanted_fetch studies:summary_edit studies:summary_review studies:summary_draft_new
        studies:summary_proposal studies:error_report_settle studies:suggestion_answer studies:correction_answer
        studies:by_hand studies:merge studies:import_new studies:import_identifiers studies:import_start
        studies:import_cancel studies:import_again
        moderation:act moderation:undo moderation:member_trust moderation:note_new admin:*
    """,
    "vote": "forum:post_upvote forum:comment_upvote forum:post_react forum:poll_vote",
    "report": "moderation:report studies:suggest studies:correct studies:report_new",
    # What is one's own, takes something back, or is the way in and out: open to every member.
    "open": """
        forum:draft_keep forum:draft_discard forum:preview forum:mark_all_read forum:picture_remove
        forum:post_delete forum:comment_delete forum:post_edit_withdraw forum:comment_edit_withdraw
        forum:post_remove forum:comment_remove forum:post_unreact
        forum:post_withdraw forum:comment_withdraw forum:post_save forum:post_unsave forum:post_put_back
        forum:post_keep forum:comment_save forum:comment_unsave forum:comment_put_back forum:comment_keep
        pages:avatar_remove pages:search_save pages:saved_move pages:folder_delete pages:suggestions
        studies:summary_preview studies:search_follow studies:save studies:unsave studies:put_back studies:keep
        studies:list_add studies:list_take_out studies:list_move studies:list_delete
        notices:* accounts:sessions accounts:appearance accounts:privacy accounts:leave accounts:data accounts:stay
        accounts:login accounts:signup accounts:orcid* account_* mfa_* socialaccount_* orcid_* usersessions_*
        moderation:warning moderation:appeal
    """,
}

# Pages that are nothing but the form to do so: who may not send it is told before they type.
FORMS = """
    forum:post_new forum:post_edit forum:comment_reply forum:comment_edit forum:picture_new studies:discuss
    studies:summary_propose studies:list_new studies:list_edit studies:suggest studies:correct studies:report_new
    moderation:report
"""
