from django.contrib.admin.apps import AdminConfig


class DeskConfig(AdminConfig):
    """Django's admin with our own site: the moderators' desk behind the members' sign-in."""

    default_site = "moderation.desk.Desk"
