from forum.models.category import Category, CategoryModerator
from forum.models.comment import Comment, CommentText
from forum.models.draft import Draft
from forum.models.mask import Mask
from forum.models.picture import Picture, PictureUse
from forum.models.poll import Ballot, BallotChoice, Poll, PollOption
from forum.models.post import Post
from forum.models.post_text import PostNews, PostTag, PostText
from forum.models.reaction import Reaction, ReactionCount, ReactionKind
from forum.models.removal import Removal
from forum.models.saved import Folder, SavedWords
from forum.models.solution import Solution
from forum.models.sweep import Sweep, SweptThing
from forum.models.terms import CommentTerms, ThreadTerms
from forum.models.visit import ReadMark, Visit
from forum.models.vote import CommentVote, PostVote
from forum.models.waiting_edit import WaitingEdit

__all__ = [
    "Ballot",
    "BallotChoice",
    "Category",
    "CategoryModerator",
    "Comment",
    "CommentTerms",
    "CommentText",
    "CommentVote",
    "Draft",
    "Folder",
    "Mask",
    "Picture",
    "PictureUse",
    "Poll",
    "PollOption",
    "Post",
    "PostNews",
    "PostTag",
    "PostText",
    "PostVote",
    "Reaction",
    "ReactionCount",
    "ReactionKind",
    "ReadMark",
    "Removal",
    "SavedWords",
    "Solution",
    "Sweep",
    "SweptThing",
    "ThreadTerms",
    "Visit",
    "WaitingEdit",
]
