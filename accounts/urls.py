"""Addresses of accounts that allauth doesn't have, and some that are its own but answered here.

Included before ``allauth.urls``: its names ``account_login`` and ``account_signup`` give the same addresses.
"""

from django.urls import path

from accounts.views import avatars, orcid
from accounts.views.data import data, data_file
from accounts.views.leaving import leave, stay
from accounts.views.sessions import sessions
from accounts.views.settings import appearance, privacy, settings_page
from accounts.views.signin import LoginView
from accounts.views.signup import SignupView

app_name = "accounts"
urlpatterns = [
    path("avatars/drawn/<str:key>.svg", avatars.drawn, name="avatar_drawn"),
    path("avatars/<str:name>-small.webp", avatars.avatar, {"end": "-small"}, name="avatar_small"),
    path("avatars/<str:name>.webp", avatars.avatar, name="avatar"),
    path("settings/", settings_page, name="settings"),
    path("settings/data/", data, name="data"),
    path("settings/data/<int:pk>/download/", data_file, name="data_file"),
    path("settings/appearance/", appearance, name="appearance"),
    path("settings/privacy/", privacy, name="privacy"),
    path("settings/leave/", leave, name="leave"),
    path("leaving/<str:token>/", stay, name="stay"),
    path("settings/sessions/", sessions, name="sessions"),
    path("accounts/login/", LoginView.as_view(), name="login"),
    path("accounts/orcid/login/", orcid.login, name="orcid_login"),
    path("accounts/orcid/login/callback/", orcid.callback, name="orcid_callback"),
    path("accounts/3rdparty/signup/", orcid.signup, name="orcid_signup"),
    path("accounts/3rdparty/", orcid.connections, name="orcid"),
    path("accounts/signup/", SignupView.as_view(), name="signup"),
]
