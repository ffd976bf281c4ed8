import pytest
from django.core.management import call_command

from common.markdown import RENDERER_VERSION
from forum.models import CommentText, PostText
from tests.builders import make_comment

pytestmark = pytest.mark.django_db


class TestRerender:
    def test_makes_anew_what_an_older_renderer_made_and_nothing_else(self, capsys):
        old, new = make_comment(body="Well **put**."), make_comment()
        CommentText.objects.filter(comment=old).update(renderer_version=0, body_html="<script>old</script>")
        PostText.objects.filter(post=old.post).update(renderer_version=0, body_html="<script>old</script>")
        before = CommentText.objects.get(comment=new).body_html
        call_command("rerender")
        text = CommentText.objects.get(comment=old)
        assert (text.body_html, text.renderer_version) == ("<p>Well <strong>put</strong>.</p>\n", RENDERER_VERSION)
        assert "<script>" not in PostText.objects.get(post=old.post).body_html
        assert CommentText.objects.get(comment=new).body_html == before
        assert not PostText._meta.apps.get_model("forum", "PostRevision").objects.exists()
        call_command("rerender")
        assert "0 posts rendered again.\n0 comments rendered again.\n" in capsys.readouterr().out
