from django.apps import AppConfig
from django.contrib.auth.signals import user_logged_in
from django.db.models.signals import post_delete, pre_save


class AccountsConfig(AppConfig):
    name = "accounts"

    def ready(self) -> None:
        from allauth.socialaccount.models import SocialAccount
        from allauth.usersessions.models import UserSession

        from accounts import avatars, personal
        from accounts.middleware import begin, coarsen, speak
        from accounts.models import Member
        from accounts.models.flair import orcid_gone
        from common import calling

        pre_save.connect(coarsen, sender=UserSession, dispatch_uid="accounts.coarsen")
        user_logged_in.connect(begin, dispatch_uid="accounts.begin")
        user_logged_in.connect(speak, dispatch_uid="accounts.speak")
        calling.know(Member.objects.called)
        post_delete.connect(avatars.member_gone, sender=Member, dispatch_uid="accounts.avatars")
        post_delete.connect(orcid_gone, sender=SocialAccount, dispatch_uid="accounts.orcid_gone")
        personal.register()
