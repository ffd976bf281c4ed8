from functools import partial

from django.apps import AppConfig
from django.utils.translation import gettext_noop

from common import recount


class ForumConfig(AppConfig):
    name = "forum"

    def ready(self) -> None:
        from accounts.models import Member
        from common import picturing
        from common.models import Tag
        from forum import (
            awards,
            drafts,
            earning,
            holding,
            letters,
            masks,
            personal,
            pictures,
            reactions,
            signals,
            solving,
            told,
            visits,
        )
        from forum.models import Category, Comment, Picture, Post
        from forum.moderating import sweeping, verbs
        from moderation import acting, badges, doors, reporting, reputation, rules, spam_check, trust
        from notices import following, kinds, muting

        personal.register()
        rules.read_from(holding.recent, holding.shelves)
        spam_check.register(
            *(
                spam_check.Checkable(model, called, partial(holding.texts_of, model), partial(holding.hold_spam, model))
                for model, called in ((Post, "forum-post"), (Comment, "reply"))
            )
        )
        doors.keep_by("forum", drafts.keep_at_door)
        acting.register(verbs.POSTS, verbs.COMMENTS, verbs.PICTURES)
        acting.add_verbs("member", sweeping.HIDE_EVERYTHING)
        reporting.register(
            reporting.Reportable(
                kind="post",
                name="post",
                model=Post,
                visible_to=Post.objects.visible_to,
                author=lambda post: post.author,
                owner_of=masks.owner_of,
                words=lambda post: f"{post.title}\n\n{post.text.body}",
            ),
            reporting.Reportable(
                kind="comment",
                name="comment",
                model=Comment,
                visible_to=Comment.objects.visible_to,
                author=lambda comment: comment.author,
                owner_of=masks.owner_of,
                words=lambda comment: comment.text.body,
            ),
            reporting.Reportable(
                kind="picture",
                name="picture",
                model=Picture,
                visible_to=Picture.objects.visible_to,
                author=lambda picture: None if picture.is_masked else picture.owner,
                owner_of=lambda picture: picture.owner_id,
                words=lambda picture: f"{picture.address}\n\n{picture.alt}",
            ),
        )
        following.register(
            following.Followable(
                "post",
                Post,
                gettext_noop("Post"),
                lambda rows, member: rows & Post.objects.visible_to(member),
                has_levels=True,
            ),
            following.Followable("category", Category, gettext_noop("Category")),
            following.Followable(
                "member", Member, gettext_noop("Member"), lambda rows, member: rows.filter(is_active=True)
            ),
        )
        muting.register(
            muting.Mutable("member", Member, gettext_noop("Member"), lambda rows, member: rows.filter(is_active=True)),
            muting.Mutable("tag", Tag, gettext_noop("Tag")),
            muting.Mutable("category", Category, gettext_noop("Category")),
            muting.Mutable(
                "post", Post, gettext_noop("Hidden post"), lambda rows, member: rows & Post.objects.visible_to(member)
            ),
        )
        kinds.register(
            kinds.Kind(
                "reply",
                gettext_noop("Somebody replies to my post or comment"),
                contents=letters.of_one,
                is_personal=True,
            ),
            kinds.Kind(
                "mention", gettext_noop("Somebody mentions me by @name"), contents=letters.of_one, is_personal=True
            ),
            kinds.Kind(
                "quote", gettext_noop("Somebody quotes my post or comment"), contents=letters.of_one, is_personal=True
            ),
            kinds.Kind("answer", gettext_noop("My comment is marked as the answer"), is_personal=True),
            kinds.Kind("new_comments", gettext_noop("New comments on a post I follow"), contents=letters.of_comments),
            kinds.Kind(
                "new_posts",
                gettext_noop("New posts in a category, by a member or under a tag I follow"),
                told.lines,
                letters.of_posts,
            ),
            kinds.Kind("upvotes", gettext_noop("My post or comment reaches 1, 5, 10, 25, 50, 100 … upvotes")),
        )
        badges.register(*awards.BADGES)
        trust.read_is(visits.POSTS_READ)
        reputation.register(*earning.SOURCES)
        picturing.know(pictures.known)
        signals.words_written.connect(pictures.words_written, dispatch_uid="pictures")
        signals.sight_changed.connect(solving.sight_changed, dispatch_uid="forum.solving")
        signals.comments_moved.connect(solving.comments_moved, dispatch_uid="forum.solving")
        recount.register(*reactions.PROOFS)
        recount.register(
            recount.Counter(
                "forum_post",
                "is_answered",
                "SELECT count(*) > 0 FROM forum_solution s JOIN forum_comment c ON c.id = s.comment_id"
                " WHERE s.post_id = t.id AND c.post_id = t.id AND NOT c.is_hidden AND c.deleted_at IS NULL",
            ),
            recount.Counter("forum_poll", "voter_count", "SELECT count(*) FROM forum_ballot b WHERE b.poll_id = t.id"),
            recount.Counter(
                "forum_polloption", "vote_count", "SELECT count(*) FROM forum_ballotchoice c WHERE c.option_id = t.id"
            ),
            recount.Counter(
                "accounts_member",
                "moderates_categories",
                "EXISTS (SELECT FROM forum_categorymoderator m WHERE m.member_id = t.id)",
            ),
            recount.Counter("forum_post", "score", "SELECT count(*) FROM forum_postvote v WHERE v.thing_id = t.id"),
            recount.Counter(
                "forum_comment", "score", "SELECT count(*) FROM forum_commentvote v WHERE v.thing_id = t.id"
            ),
            recount.Counter(
                "forum_post",
                "comment_count",
                "SELECT count(*) FROM forum_comment c"
                " WHERE c.post_id = t.id AND NOT c.is_hidden AND c.deleted_at IS NULL",
            ),
        )
