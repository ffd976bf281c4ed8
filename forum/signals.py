"""What the forum tells whoever listens, inside the transaction of the change itself.

An upper floor connects to these in its ``apps.ready``; what a listener writes is kept or undone with the change.
"""

from django.dispatch import Signal

# The words of a post or comment are written, edited or rendered anew. ``sender`` is Post or Comment; ``post_id``,
# ``comment_id`` (None for a post's own words), ``html`` as rendered, ``is_new`` where they were not there before.
words_written = Signal()

# A post or comment went out of everybody's sight or came back: hidden, shown again, deleted. ``post_id``,
# ``comment_id`` (None where it is the post, and so everything under it).
sight_changed = Signal()

# Comments went from one post to another: ``comment_ids``, ``from_post``, ``to_post`` (ids). ``sender`` is Comment.
comments_moved = Signal()
