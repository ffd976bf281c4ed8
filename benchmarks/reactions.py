"""What reactions cost where one tag stands on very many posts. Everything it makes is rolled back.

python benchmarks/reactions.py [posts] [reactions on one post]
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
os.environ.setdefault("STUDYHALL_MODE", "development")


def measured(words: str, do: Callable[[], Any]) -> Any:
    began = time.perf_counter()
    answer = do()
    print(f"{words}: {(time.perf_counter() - began) * 1000:.1f} ms")
    return answer


def main(posts: int, many: int) -> None:
    import django

    from common import embedded

    embedded.start_if_chosen()
    django.setup()

    from django.db import connection, transaction

    from accounts.models import Member
    from common.models import Tag
    from common.tags import get_or_create
    from forum import reactions
    from forum.models import Category, Post, PostTag, Reaction, ReactionKind

    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL statement_timeout = 0")
            cursor.execute("SET LOCAL idle_in_transaction_session_timeout = 0")
        shelf = Category.objects.create(name="Of the benchmark", slug="of-the-benchmark")
        kind = ReactionKind.objects.create(name="Of the benchmark")
        kind.categories.add(shelf)
        tags = get_or_create([f"of the benchmark {number}" for number in range(5)])
        made = Post.objects.bulk_create((Post(title="T", category=shelf) for _ in range(posts)), batch_size=5000)
        PostTag.objects.bulk_create((PostTag(content_object=post, tag=tags[0]) for post in made), batch_size=5000)
        Tag.objects.filter(pk=tags[0].pk).update(use_count=posts)
        members = Member.objects.bulk_create(
            Member(username=f"teller{n}_x", name_key=f"teller{n}x", email=f"t{n}@example.org") for n in range(many + 1)
        )
        one, last = made[0], members.pop()
        PostTag.objects.bulk_create(PostTag(content_object=one, tag=tag) for tag in tags[1:])
        Tag.objects.filter(pk__in=[tag.pk for tag in tags[1:]]).update(use_count=1)
        Reaction.objects.bulk_create(Reaction(post=one, kind=kind, member=member) for member in members)
        Reaction.objects.bulk_create(
            (Reaction(post=post, kind=kind, member=members[n % many]) for n, post in enumerate(made[1:])),
            batch_size=5000,
        )
        for proof in reactions.PROOFS:
            measured(f"{proof.table} made anew", proof.mend)
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE forum_reaction, forum_tagteller, forum_tagsum, forum_posttag, forum_post")
        measured("one reaction", lambda: reactions.react(one, kind, last))
        measured("one withdrawn", lambda: reactions.withdraw(one, kind, last))
        measured(f"a tag page's sums, {posts} posts", lambda: reactions.under(tags[0]))
        measured(f"hiding a post with {many} reactions and 5 tags", lambda: one._change(is_hidden=True))
        measured("showing it again", lambda: one._change(is_hidden=False))
        drifted = [proof.table for proof in reactions.PROOFS if proof.drifted()]
        print(f"drifted: {drifted or 'nothing'}")
        transaction.set_rollback(True)


if __name__ == "__main__":
    given = [int(text) for text in sys.argv[1:]]
    main(*(given + [300_000, 2_000][len(given) :]))
