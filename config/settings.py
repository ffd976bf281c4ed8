"""Every setting in one place.

What differs between machines is an environment variable, read here and nowhere else, and listed in
``.env.example``. ``STUDYHALL_MODE`` chooses among four ways to run:

``production``   the default. Refuses to start without ``SECRET_KEY``; https only.
``development``  for working on the code: DEBUG pages, mail on a page, plain http.
``demo``         what ``bin/demo`` starts: no DEBUG, plain http on localhost, mail on a page, demo accounts.
``test``         what ``bin/test`` starts: as demo, with fast password hashing and jobs kept in memory.
"""

from pathlib import Path
from typing import Any

from csp.constants import NONCE, NONE, SELF
from django.core.exceptions import ImproperlyConfigured
from django.utils.translation import gettext_noop as _
from environs import Env

from common import embedded
from config import doors

BASE_DIR = Path(__file__).resolve().parent.parent

env = Env()
env.read_env(BASE_DIR / ".env", recurse=False)

MODES = ("production", "development", "demo", "test")
MODE = env.str("STUDYHALL_MODE", "production")
if MODE not in MODES:
    raise ImproperlyConfigured(f"STUDYHALL_MODE is {MODE!r}; it must be one of {', '.join(MODES)}.")
PRODUCTION = MODE == "production"
DEMO = MODE == "demo"
LOCAL = not PRODUCTION

SITE_NAME = env.str("SITE_NAME", "Studyhall")
SITE_URL = env.str("SITE_URL", "http://localhost:8000").rstrip("/")

VAR_DIR = Path(env.str("VAR_DIR", "") or BASE_DIR / "var")

# ── Secrets and hosts ────────────────────────────────────────────────────────────────────────────

SECRET_KEY = env.str("SECRET_KEY", "")
if not SECRET_KEY:
    if PRODUCTION:
        raise ImproperlyConfigured(
            "SECRET_KEY is not set. Production does not start without one: put 50 or more random characters "
            "into the environment variable SECRET_KEY, or set STUDYHALL_MODE=development on your own machine."
        )
    SECRET_KEY = "not-a-secret-only-for-development-demo-and-test-on-one-machine"
SECRET_KEY_FALLBACKS = env.list("SECRET_KEY_FALLBACKS", [])

DEBUG = MODE == "development"
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", ["localhost", "127.0.0.1", "[::1]"] if LOCAL else [])
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", [])
TRUSTED_PROXY_COUNT = env.int("TRUSTED_PROXY_COUNT", 0)

# ── Applications, lowest floor first ─────────────────────────────────────────────────────────────

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.postgres",
    "django.contrib.humanize",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "csp",
    "django_htmx",
    "taggit",
    "pgtrigger",
    "pghistory",
    "procrastinate.contrib.django",
    "common",
    "accounts",
    "notices",
    "moderation",
    "forum",
    "studies",
    "pages",
    "config.apps.DeskConfig",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.usersessions",
    "allauth.socialaccount",
    "allauth.socialaccount.providers.orcid",
]

MIDDLEWARE = [
    # These three answer nothing themselves, so they stand outside what does: a redirect to https has their headers too.
    "django_permissions_policy.PermissionsPolicyMiddleware",
    "csp.middleware.CSPMiddleware",
    "common.middleware.HeadersMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "common.middleware.InputMiddleware",
    "common.middleware.DatabaseAwayMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "common.kept_pages.KeptPagesMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "common.middleware.LargeUploadMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "accounts.middleware.SessionAgeMiddleware",
    "moderation.middleware.VisitMiddleware",
    "accounts.middleware.TimeZoneMiddleware",
    "accounts.middleware.LanguageMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "common.middleware.MemberCacheMiddleware",
    "pghistory.middleware.HistoryMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "common.middleware.LoginRedirectMiddleware",
    "common.middleware.GoneMeanwhileMiddleware",
    "moderation.middleware.LimitMiddleware",
    "moderation.middleware.DoorMiddleware",
    "studies.middleware.MergedStudyMiddleware",
]

ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
APPEND_SLASH = True

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "builtins": [
                "common.templatetags.studyhall",
                "django.contrib.humanize.templatetags.humanize",
                "django.templatetags.i18n",
            ],
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "common.context.site",
                "notices.context.inbox",
            ],
        },
    }
]

# ── Database: the embedded one, or the PostgreSQL that DATABASE_URL names ────────────────────────

DATABASE_URL = env.str("DATABASE_URL", "")
# Tests that wait for a busy machine have not failed; those about patience set their own.
STATEMENT, LOCK, IDLE = (60_000, 60_000, 60_000) if MODE == "test" else (8_000, 3_000, 10_000)  # milliseconds
DATABASE_TIMEOUTS = (
    f"-c statement_timeout={STATEMENT} -c lock_timeout={LOCK} -c idle_in_transaction_session_timeout={IDLE}"
)
DATABASES = {
    "default": {
        **(env.dj_db_url("DATABASE_URL") if DATABASE_URL else embedded.settings_for(VAR_DIR / "postgres", "studyhall")),
        "ENGINE": "django.db.backends.postgresql",
        "CONN_MAX_AGE": 0,
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": {
            "connect_timeout": 3,
            "options": DATABASE_TIMEOUTS,
            "pool": {"min_size": 1, "max_size": env.int("DATABASE_POOL_SIZE", 4), "timeout": 5},
        },
    }
}
if MODE == "test":
    DATABASES["default"]["OPTIONS"]["pool"] = False

CACHES = {
    "default": {"BACKEND": "django.core.cache.backends.db.DatabaseCache", "LOCATION": "cache"},
}
if MODE == "test":
    CACHES["default"] = {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}

# ── Members: allauth, e-mail and username, confirmed by code ─────────────────────────────────────

AUTH_USER_MODEL = "accounts.Member"
AUTHENTICATION_BACKENDS = ["accounts.backends.MemberBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator",
        "OPTIONS": {"user_attributes": ("username", "email")},
    },
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 8}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "accounts.passwords.ContextWordValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"
ACCOUNT_ADAPTER = "accounts.adapter.AccountAdapter"
ACCOUNT_LOGIN_METHODS = {"email", "username"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "username*", "password1*"]
ACCOUNT_FORMS = {
    "login": "accounts.forms.LoginForm",
    "signup": "accounts.forms.SignupForm",
    "add_email": "accounts.forms.AddEmailForm",
    "change_password": "accounts.forms.ChangePasswordForm",
    "reset_password": "accounts.forms.ResetPasswordForm",
    "reset_password_from_key": "accounts.forms.ResetPasswordKeyForm",
    "reauthenticate": "accounts.forms.ReauthenticateForm",
    "confirm_email_verification_code": "accounts.forms.ConfirmEmailForm",
    "confirm_password_reset_code": "accounts.forms.ConfirmResetForm",
}
MFA_FORMS = {
    "activate_totp": "accounts.forms.ActivateAppForm",
    "authenticate": "accounts.forms.AuthenticateForm",
    "reauthenticate": "accounts.forms.ReauthenticateByAppForm",
}
ACCOUNT_EMAIL_NOTIFICATIONS = True  # the old address is told of every change
ACCOUNT_RATE_LIMITS: Any = MODE != "test" and {"login": "30/m/ip", "login_failed": "10/5m/ip,5/5m/key"}
ACCOUNT_USERNAME_VALIDATORS = "accounts.names.VALIDATORS"
ACCOUNT_USERNAME_MIN_LENGTH = 3
ACCOUNT_PRESERVE_USERNAME_CASING = True
ACCOUNT_EMAIL_VERIFICATION = "mandatory"
ACCOUNT_EMAIL_VERIFICATION_BY_CODE_ENABLED = True
ACCOUNT_EMAIL_VERIFICATION_SUPPORTS_RESEND = True
ACCOUNT_PASSWORD_RESET_BY_CODE_ENABLED = True
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_REAUTHENTICATION_REQUIRED = True
ACCOUNT_LOGOUT_ON_GET = False
ACCOUNT_LOGOUT_ON_PASSWORD_CHANGE = True
ACCOUNT_SESSION_REMEMBER = True
ACCOUNT_EMAIL_SUBJECT_PREFIX = f"[{SITE_NAME}] "
ALLAUTH_TRUSTED_PROXY_COUNT = TRUSTED_PROXY_COUNT
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = LOCAL  # plain http on localhost
MFA_TOTP_ISSUER = SITE_NAME
# The code before and the one after count too: phones go wrong by seconds, and a code grows old while it is typed.
MFA_TOTP_TOLERANCE = 1
# Signing in by ORCID: off without keys. Of the record the iD alone is kept (accounts.orcid).
ORCID_CLIENT_ID = env.str("ORCID_CLIENT_ID", "")
ORCID_CLIENT_SECRET = env.str("ORCID_CLIENT_SECRET", "")
SOCIALACCOUNT_ADAPTER = "accounts.orcid.SocialAccountAdapter"
SOCIALACCOUNT_PROVIDERS = {"orcid": {"APPS": [{"client_id": ORCID_CLIENT_ID, "secret": ORCID_CLIENT_SECRET}]}}
SOCIALACCOUNT_FORMS = {"signup": "accounts.forms.OrcidSignupForm"}
SOCIALACCOUNT_AUTO_SIGNUP = False  # a name is chosen by the rules of every sign-up
SOCIALACCOUNT_STORE_TOKENS = False
# Whoever serves here (moderators, librarians, admins) has no powers until they sign in with a second factor.
STAFF_TWO_FACTOR = env.bool("STAFF_TWO_FACTOR", PRODUCTION)
PASSWORD_HASHERS = ["django.contrib.auth.hashers.PBKDF2PasswordHasher"]
if MODE == "test":
    PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]

# ── Sessions, cookies, headers ───────────────────────────────────────────────────────────────────

SESSION_COOKIE_AGE = 14 * 24 * 3600
# Seconds: how long a sign-in may lie idle, and how long it lasts at the longest.
SESSION_AGES = {
    "member": {"idle": 14 * 24 * 3600, "longest": 90 * 24 * 3600},
    "staff": {"idle": 3600, "longest": 12 * 3600},
}
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_SAMESITE = "Lax"
CSRF_FAILURE_VIEW = "pages.views.errors.csrf_failure"
if PRODUCTION:
    SESSION_COOKIE_NAME = "__Host-sessionid"
    CSRF_COOKIE_NAME = "__Host-csrftoken"
    SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = True
    CSRF_COOKIE_HTTPONLY = True
    SECURE_SSL_REDIRECT = env.bool("SECURE_SSL_REDIRECT", True)
    SECURE_HSTS_SECONDS = 63_072_000
    SECURE_HSTS_INCLUDE_SUBDOMAINS = True
    SECURE_HSTS_PRELOAD = True
    SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$"]
    if TRUSTED_PROXY_COUNT:
        SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
PERMISSIONS_POLICY: dict[str, list[str]] = {
    name: [] for name in ("camera", "geolocation", "microphone", "payment", "usb", "accelerometer", "gyroscope")
}
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF, NONCE],
        "style-src": [SELF, NONCE],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "manifest-src": [SELF],
        "worker-src": [SELF],
        # A form that leads on to ORCID is followed there.
        "form-action": [SELF, "https://orcid.org"] if ORCID_CLIENT_ID else [SELF],
        "base-uri": [NONE],
        "object-src": [NONE],
        "frame-ancestors": [NONE],
    }
}

# ── What may come in ─────────────────────────────────────────────────────────────────────────────

DATA_UPLOAD_MAX_MEMORY_SIZE = 2_621_440
DATA_UPLOAD_MAX_NUMBER_FIELDS = 200
DATA_UPLOAD_MAX_NUMBER_FILES = 1
FILE_UPLOAD_MAX_MEMORY_SIZE = 2_621_440
TAGGIT_CASE_INSENSITIVE = False  # common.tags normalises names before they reach the table

# ── Mail: written by a job, so that no request waits for a mail server ───────────────────────────

EMAIL_BACKEND = "notices.mail.QueuedBackend"
MAIL_TRANSPORT = env.str("MAIL_TRANSPORT", "smtp" if PRODUCTION else "files")
if MAIL_TRANSPORT not in ("smtp", "files"):
    raise ImproperlyConfigured("MAIL_TRANSPORT must be smtp or files.")
EMAIL_FILE_PATH = VAR_DIR / "mail"
EMAIL_HOST = env.str("EMAIL_HOST", "localhost")
EMAIL_PORT = env.int("EMAIL_PORT", 587 if PRODUCTION else 25)
EMAIL_HOST_USER = env.str("EMAIL_HOST_USER", "")
EMAIL_HOST_PASSWORD = env.str("EMAIL_HOST_PASSWORD", "")
EMAIL_USE_TLS = env.bool("EMAIL_USE_TLS", PRODUCTION)
EMAIL_TIMEOUT = 5
# A mail at once waits so many seconds, in which an edit, a moderator or reading it on the site makes it needless.
MAIL_GRACE = env.int("MAIL_GRACE", 120 if PRODUCTION else 15)
MAILS_AN_HOUR = 12  # mails at once to one member; what is more waits, and comes together
DEFAULT_FROM_EMAIL = env.str("DEFAULT_FROM_EMAIL", f"{SITE_NAME} <studyhall@localhost>")
SERVER_EMAIL = DEFAULT_FROM_EMAIL

# ── Notices on members' devices (Web Push): off without a key; bin: manage.py make_push_key ─────────

PUSH_KEY = env.str("PUSH_KEY", "")
if MODE == "test":
    PUSH_KEY = "yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw"  # the example of RFC 8291
PUSH_GRACE = 5  # seconds, as MAIL_GRACE

# ── Where records of studies are fetched: PubMed, Crossref, OpenAlex ─────────────────────────────

CONTACT_EMAIL = env.str("CONTACT_EMAIL", "")  # told to them; empty: we ask anonymously, and more slowly
NCBI_API_KEY = env.str("NCBI_API_KEY", "")
OPENALEX_API_KEY = env.str("OPENALEX_API_KEY", "")

# ── Language, time, files ────────────────────────────────────────────────────────────────────────

LANGUAGE_CODE = "en"  # and what every guest reads
LANGUAGES = [("en", "English"), ("de", "Deutsch")]
LOCALE_PATHS = [BASE_DIR / "locale"]
FORMAT_MODULE_PATH = "config.formats"  # how each language writes a day
TIME_ZONE = "UTC"
USE_I18N = True
USE_TZ = True

STATIC_URL = "/static/"
STATIC_ROOT = VAR_DIR / "static"
STATICFILES_DIRS = [BASE_DIR / "static"]
MEDIA_URL = "/media/"
MEDIA_ROOT = VAR_DIR / "media"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"
        if MODE in ("production", "demo")
        else "django.contrib.staticfiles.storage.StaticFilesStorage"
    },
}
WHITENOISE_USE_FINDERS = WHITENOISE_AUTOREFRESH = MODE in ("development", "test")

# ── Jobs and history ─────────────────────────────────────────────────────────────────────────────

PROCRASTINATE_AUTODISCOVER_MODULE_NAME = "jobs"
PGHISTORY_CREATED_AT_FUNCTION = "clock_timestamp()"

# ── Drafts of summaries: a model behind an interface like OpenAI's; without an address, sentences of the abstract ──

DRAFT_API_URL = env.str("DRAFT_API_URL", "")
DRAFT_API_KEY = env.str("DRAFT_API_KEY", "")
DRAFT_API_MODEL = env.str("DRAFT_API_MODEL", "")

# ── Logs: one line an event, to standard error ───────────────────────────────────────────────────

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"()": "common.logs.LineFormatter"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["stderr"], "level": env.str("LOG_LEVEL", "WARNING" if MODE == "test" else "INFO")},
    "loggers": {"django.security": {"level": "ERROR"}, "procrastinate": {"level": "WARNING"}},
}

# ── Open data: the whole library as files, written every night ──────────────────────────────────

OPEN_DATA_DIR = VAR_DIR / "open-data"
SUMMARY_LICENCE = env.str("SUMMARY_LICENCE", "CC BY 4.0")

# ── The community's limits ───────────────────────────────────────────────────────────────────────

TITLE_LIMIT = 200  # characters
BODY_LIMIT = 40_000  # characters of Markdown in a post
COMMENT_LIMIT = 10_000  # characters of Markdown in a comment
GIST_LIMIT = 400  # characters
EDIT_REASON_LIMIT = 200  # characters
ALT_LIMIT = 300  # characters that say what a picture shows
PICTURES_MOST = 400  # pictures of one member
PICTURES_SIZE = 100_000_000  # bytes of all pictures of one member, as they are kept
NOTE_LIMIT = 500  # characters of what moderators say above a post
TAGS_LIMIT = 8  # tags on one post
LIST_PAGE = 25  # rows on one page of any list

# ── Reputation (moderation.reputation; what each earns or costs) ────────────────────────────────

REPUTATION = {
    "post_upvote": 1,
    "comment_upvote": 1,
    "answer": 10,  # a comment that was marked as the answer
    "summary": 10,  # a summary that a member proposed and that was published
    "report": 2,  # a report that a moderator found right
    "against": -5,  # something of one's own that a moderator acted on after reports
    "sanction": -10,  # a warning or a ban that was not taken back
}

# ── Sanctions (moderation.sanctions, moderation.doors) ─────────────────────────────────────────────────────────────

# What is suggested for the first, the second … time within a year: from what, and for how many days (0 is for good).
# The moderator sees it, and may choose otherwise.
SANCTION_STEPS: list[tuple[str, int]] = [
    ("warning", 0), ("write", 1), ("write", 7), ("write vote report", 30), ("sign-in", 90), ("sign-in", 0),
]  # fmt: skip
SANCTION_MEMORY_DAYS = 365  # so long an earlier one counts for the next step
DOORS = doors.DOORS  # what each address asks of members under sanction
DOORS_WITH_FORMS = doors.FORMS
TRACE_DAYS = 30  # so long it is known that two accounts signed in from one device or network

# ── Trust (moderation.trust; shown on /about/trust/) ─────────────────────────────────────────────

# What each level from 0 to 4 asks for: days here, posts read, points that everybody sees.
TRUST_LEVELS: list[dict[str, Any]] = [
    {"name": _("New here"), "days": 0, "read": 0, "points": 0},
    {"name": _("Known"), "days": 2, "read": 10, "points": 0},
    {"name": _("Regular"), "days": 15, "read": 50, "points": 5},
    {"name": _("Trusted"), "days": 50, "read": 200, "points": 50},
    {"name": _("Pillar"), "days": 150, "read": 600, "points": 300},
]
TRUST_PENALTY_DAYS = 90  # so long, each time a moderator acts on a member's words costs one level

# ── Reports ──────────────────────────────────────────────────────────────────────────────────────

# A thing goes out of sight until a moderator has looked when at least so many members report it, whose reports together
# weigh so much (moderation.reporting.weight_of: 0.5 for a newcomer, near 1 for whoever is mostly right).
REPORTS_THAT_HIDE = 3
REPORT_WEIGHT_THAT_HIDES = 1.5

# ── What waits for a moderator (moderation.holding) ──────────────────────────────────────────────

# A member's posts and comments wait until so many of theirs were let through; 0: none do. Trust level 1 passes.
HOLD_FIRST = env.int("HOLD_FIRST", 0 if MODE == "test" else 2)
# Words that link to a site nobody links to yet wait, by members below this trust level; 0: none do.
HOLD_DOMAINS_BELOW = env.int("HOLD_DOMAINS_BELOW", 0 if MODE == "test" else 1)
# A check by a service that speaks Akismet's protocol: off without a key (moderation.spam_check). The words of members
# below this trust level are sent to it, and nothing of who wrote them.
SPAM_CHECK_KEY = env.str("SPAM_CHECK_KEY", "")
SPAM_CHECK_URL = env.str("SPAM_CHECK_URL", "https://rest.akismet.com")
SPAM_CHECK_BELOW = env.int("SPAM_CHECK_BELOW", 2)
# Told to who may hurt themselves, and to moderators as an answer to give: as JSON, a list of country, words and url.
# There is no number here that would be wrong somewhere.
HELP_LINES = env.json("HELP_LINES", []) or [
    {"country": "Everywhere", "words": _("In danger now: call the emergency number, or go to a hospital."), "url": ""},
    {"country": "Everywhere", "words": _("Talk today to somebody you trust, a doctor, or a crisis line."), "url": ""},
]  # fmt: skip
# Sites that never make words wait, with all below them.
HOLD_KNOWN_DOMAINS = (
    "doi.org", "nih.gov", "who.int", "clinicaltrials.gov", "cochranelibrary.com", "europepmc.org", "wikipedia.org",
)  # fmt: skip

# ── Pages kept for guests (common.kept_pages) ────────────────────────────────────────────────────

# What each worker may hold of them, in MB; 0 keeps none.
KEPT_PAGES_MB = env.int("KEPT_PAGES_MB", 32 if MODE in ("production", "demo") else 0)
KEPT_PAGES = frozenset(
    """
    pages:home pages:about pages:tags pages:tag pages:profile forum:community forum:category forum:post
    studies:library studies:study studies:references studies:cited_by studies:posts studies:similar studies:mentions
    studies:journal studies:author studies:list moderation:log
    """.split()
)

# ── How often anybody may do a thing (moderation.limits; shown on /about/limits/) ─────────────────

LIMITS_ON = env.bool("LIMITS_ON", MODE != "test")
# "new" holds on a member's first day and at trust level 0, "member" at levels 1 and 2, "trusted" (where it is given) at
# 3 and 4; "2/text" is two in one text; "network" is one IPv4 address or one IPv6 /64, whoever comes from it.
LIMITS: dict[str, dict[str, str]] = {
    "post": {
        "title": _("Posts"), "member": "10/hour 40/day", "new": "3/hour 6/day",
        "trusted": "20/hour 80/day", "network": "40/hour",
        "words": _("You have started many posts in a short time."),
    },
    "mask": {
        "title": _("Posts without a name"), "member": "4/day", "new": "2/day", "network": "20/day",
        "words": _("You have posted without your name several times today."),
    },
    "comment": {
        "title": _("Comments"), "member": "10/minute 120/hour", "new": "4/minute 30/hour",
        "trusted": "20/minute 300/hour", "network": "300/hour",
        "words": _("You have written many comments in a short time."),
    },
    "edit": {
        "title": _("Edits"), "member": "20/minute 200/hour", "new": "10/minute 60/hour",
        "trusted": "40/minute 400/hour", "network": "400/hour",
        "words": _("You have made many changes in a short time."),
    },
    "draft": {
        "title": _("Drafts kept as you type"), "member": "1/second", "new": "1/second", "network": "30/second",
        "words": _("Drafts are kept once a second."),
    },
    "upload": {
        "title": _("Pictures sent"), "member": "10/minute 100/day", "new": "5/minute 20/day", "network": "300/hour",
        "words": _("You have sent many pictures in a short time."),
    },
    "vote": {
        "title": _("Upvotes"), "member": "40/minute 600/hour", "new": "20/minute 100/hour",
        "trusted": "80/minute 1200/hour", "network": "1200/hour",
        "words": _("You have pressed that often in a short time."),
    },
    "reaction": {
        "title": _("Telling what helped"), "member": "20/minute 200/hour", "new": "10/minute 40/hour",
        "network": "600/hour",
        "words": _("You have pressed that often in a short time."),
    },
    "poll": {
        "title": _("Votes in polls"), "member": "20/minute 200/hour", "new": "10/minute 60/hour", "network": "600/hour",
        "words": _("You have voted in polls many times in a short time."),
    },
    "report": {
        "title": _("Reports and suggestions"), "member": "10/hour 40/day", "new": "5/hour 10/day",
        "trusted": "30/hour 100/day", "network": "60/hour",
        "words": _("You have sent many reports or suggestions in a short time."),
    },
    "appeal": {
        "title": _("Appeals to the moderators"), "member": "5/hour 20/day", "new": "5/hour 20/day",
        "network": "20/hour",
        "words": _("You have written to the moderators several times in a short time."),
    },
    "copy": {
        "title": _("Copies of all one's data"), "member": "3/day", "new": "3/day", "network": "20/day",
        "words": _("You have asked for several copies of your data today."),
    },
    "link": {
        "title": _("Links to other sites"), "new": "2/text 6/day", "member": "20/text 80/day",
        "trusted": "50/text 200/day", "network": "400/day",
        "words": _("You have put in many links today."),
    },
    "picture": {
        "title": _("Pictures"), "new": "2/text 6/day", "member": "10/text 40/day",
        "trusted": "20/text 100/day", "network": "200/day",
        "words": _("You have put in many pictures today."),
    },
    "mention": {
        "title": _("Members called by @name"), "new": "2/text 10/day", "member": "8/text 60/day",
        "trusted": "10/text 150/day", "network": "300/day",
        "words": _("You have called many members today."),
    },
    "search": {
        "title": _("Searches"), "network": "60/minute",
        "words": _("Your network has searched many times in a short time."),
    },
    "suggest": {
        "title": _("Suggestions of members and tags as you type"), "network": "300/minute",
        "words": _("Your network has asked for many suggestions in a short time."),
    },
    "export": {
        "title": _("Lists of studies as files"), "network": "20/minute",
        "words": _("Your network has asked for many lists in a short time."),
    },
}  # fmt: skip
