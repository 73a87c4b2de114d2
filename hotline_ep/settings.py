"""Settings. Everything that differs between machines comes from the environment; `manage.py up` sets it for one machine."""

import os
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

from django.utils.translation import gettext_lazy as _
from psycopg.conninfo import conninfo_to_dict

from hotline_ep import doorbells, environment, numbers

# Nothing starts with a variable that cannot be read; what stands below relies on it.
environment.refuse(os.environ)

BASE_DIR = Path(__file__).resolve().parent.parent
VAR_DIR = Path(os.environ.get("HOTLINE_VAR", BASE_DIR / "var"))
TESTING = "pytest" in sys.modules

DEBUG = os.environ.get("HOTLINE_DEBUG") == "1"
# The check `hotline_ep.checks` refuses to serve with these stand-ins; commands that touch no data (makemigrations, lint) may use them.
UNSAFE = "unsafe-only-for-commands-and-tests"
SECRET_KEY = os.environ.get("HOTLINE_SECRET_KEY", UNSAFE)


def key_from(name: str) -> bytes:
    """A 32-byte key from its base64 spelling in the environment."""
    said = environment.key_bytes(os.environ.get(name, ""))
    return said or UNSAFE.encode()[:32].ljust(32, b".")


# Key ids let keys be changed: old events stay verifiable with the key they were written under.
LOG_KEYS: dict[int, bytes] = {1: key_from("HOTLINE_LOG_KEY")}
LOG_KEY_ID = 1
FIELD_KEYS: dict[int, bytes] = {1: key_from("HOTLINE_FIELD_KEY")}
FIELD_KEY_ID = 1

ALLOWED_HOSTS = environment.parted(os.environ.get("HOTLINE_HOSTS") or "localhost,127.0.0.1,[::1]")
CSRF_TRUSTED_ORIGINS = [origin for origin in os.environ.get("HOTLINE_ORIGINS", "").split(",") if origin]
SECURE = os.environ.get("HOTLINE_HTTPS") == "1"

INSTALLED_APPS = [
    "hotline_ep.apps.HotlineEpConfig",
    "dashboard",
    "drills",
    "readiness",
    "watchdog",
    "escalation",
    "resources",
    "notifications",
    "signals",
    "incidents",
    "plans",
    "people",
    "engine",
    "channels",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "import_export",
    "django_cotton",
    "django_htmx",
    "pgtrigger",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "hotline_ep.public.public_first",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "people.middleware.SpeakTheirLanguage",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "allauth.account.middleware.AccountMiddleware",
]

ROOT_URLCONF = "hotline_ep.urls"
ASGI_APPLICATION = "hotline_ep.asgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "OPTIONS": {
            "loaders": [
                (
                    "django.template.loaders.cached.Loader",
                    [
                        "django_cotton.cotton_loader.Loader",
                        "django.template.loaders.filesystem.Loader",
                        "django.template.loaders.app_directories.Loader",
                    ],
                )
            ],
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "dashboard.context.page",
            ],
            "builtins": [
                "django_cotton.templatetags.cotton",
                "dashboard.templatetags.assets",
                "dashboard.templatetags.clocks",
            ],
        },
    }
]


# --- database: one PostgreSQL, two roles ---
def database(url: str, *, session: str, pool: dict[str, Any] | None) -> dict[str, Any]:
    """Django's form of a libpq URL. `session` are settings every connection starts with."""
    parts = conninfo_to_dict(url)
    options: dict[str, Any] = {"options": session}
    if pool:
        options["pool"] = pool
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": parts.get("dbname", "hotline"),
        "USER": parts.get("user", ""),
        "PASSWORD": parts.get("password", ""),
        "HOST": parts.get("host", ""),
        "PORT": str(parts.get("port", "")),
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": options,
    }


# A holder of a lock that hangs is cut off by these (DESIGN.md, rule 7); the owner's role, which migrates, waits as long as it takes.
APP_SESSION = (
    "-c lock_timeout=2s -c idle_in_transaction_session_timeout=3s"
    " -c statement_timeout=15s -c client_connection_check_interval=5s"
)
DATABASE_URL = os.environ.get("DATABASE_URL", "postgresql://hotline_app@localhost/hotline")
OWNER_DATABASE_URL = os.environ.get("OWNER_DATABASE_URL", DATABASE_URL)
POOL_SIZE = numbers.whole("HOTLINE_POOL")
DATABASES = {
    "default": database(
        DATABASE_URL,
        session=APP_SESSION,
        pool=None if TESTING else {"min_size": 1, "max_size": POOL_SIZE, "timeout": 5},
    ),
    "owner": database(OWNER_DATABASE_URL, session="", pool=None),
}
# `migrate --database=owner` makes the tables; nothing else writes through that role.
DATABASE_ROUTERS = ["hotline_ep.routers.OneDatabase"]
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# --- Redis: doorbells and hints, never truth ---
REDIS_URL = os.environ.get("REDIS_URL") or doorbells.NEAR
CELERY_BROKER_URL = doorbells.broker(REDIS_URL)
CHANNEL_LAYERS = {
    "default": {
        "BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer",
        # redis-py's default timeout would close an idle dashboard every five seconds.
        "CONFIG": {
            "hosts": [
                {"address": REDIS_URL, "socket_timeout": None, "socket_connect_timeout": 2, "max_connections": 200}
            ]
        },
    }
}

# --- people ---
AUTH_USER_MODEL = "people.User"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
if TESTING:
    PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
]
LOGIN_URL = "/accounts/login/"
LOGIN_REDIRECT_URL = "/"
LOGOUT_REDIRECT_URL = "/accounts/login/"
ACCOUNT_LOGIN_METHODS = {"username"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "password1*"]
# Addresses are encrypted contacts, not a column of the user.
ACCOUNT_USER_MODEL_EMAIL_FIELD = None
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_ADAPTER = "people.accounts.NobodySignsUp"
ACCOUNT_LOGOUT_ON_GET = False
ACCOUNT_RATE_LIMITS = {"login_failed": "10/m/ip,5/5m/key"} if not TESTING else {}
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = False
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_AGE = 12 * 3600
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE
SECURE_SSL_REDIRECT = SECURE
SECURE_HSTS_SECONDS = 31_536_000 if SECURE else 0
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if SECURE else None
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
DATA_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024
FILE_UPLOAD_HANDLERS = [
    "common.parsers.WholeBody",
    "django.core.files.uploadhandler.MemoryFileUploadHandler",
    "django.core.files.uploadhandler.TemporaryFileUploadHandler",
]

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'self'"],
        "script-src": ["'self'"],
        "style-src": ["'self'"],
        "img-src": ["'self'", "data:"],
        "font-src": ["'self'"],
        "connect-src": ["'self'"],
        "form-action": ["'self'"],
        "frame-ancestors": ["'none'"],
        "base-uri": ["'none'"],
        "object-src": ["'none'"],
    }
}

# --- language and time ---
LANGUAGE_CODE = "zh-hans"
LANGUAGES = [("zh-hans", _("Chinese")), ("en", _("English"))]
LOCALE_PATHS = [BASE_DIR / "locale"]
USE_I18N = USE_TZ = True
TIME_ZONE = "Asia/Shanghai"

# --- files ---
STATIC_URL = "/static/"
STATIC_ROOT = VAR_DIR / "static"
FRONTEND_DIST = BASE_DIR / "frontend" / "dist"
STATICFILES_DIRS = [FRONTEND_DIST] if FRONTEND_DIST.is_dir() else []
WHITENOISE_USE_FINDERS = TESTING or DEBUG
WHITENOISE_AUTOREFRESH = DEBUG
# Vite has put a hash into each name already: such files never change.
WHITENOISE_IMMUTABLE_FILE_TEST = r"^/static/assets/.+-[\w-]{8}\.\w+$"

# --- API ---
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "people.authentication.ApiTokenAuthentication",
        "rest_framework.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["people.permissions.ByRight"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["common.parsers.BoundedJSONParser"],
    "DEFAULT_SCHEMA_CLASS": "hotline_ep.described.Described",
    "EXCEPTION_HANDLER": "common.problems.handle",
    "UNAUTHENTICATED_USER": "django.contrib.auth.models.AnonymousUser",
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Hotline EP",
    "VERSION": "1.0.0",
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_PERMISSIONS": ["rest_framework.permissions.AllowAny"],
    "SERVE_AUTHENTICATION": [],
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "REDOC_DIST": "SIDECAR",
    # Sets of choices whose fields have the same name in several rooms.
    "ENUM_NAME_OVERRIDES": {
        "NoticeKindEnum": "notifications.models.Notice.Kind",
        "GroupStatusEnum": "incidents.models.GroupAtWork.Status",
        "DeliveryStateEnum": "hotline_ep.described.DELIVERY_STATES",
        "OutcomeEnum": "incidents.models.Intake.Outcome",
        "CallOutcomeEnum": "hotline_ep.described.CALL_OUTCOMES",
        "ChannelEnum": "hotline_ep.described.CHANNELS",
        "ChatChannelEnum": "hotline_ep.described.CHAT_CHANNELS",
        "ContactKindEnum": "people.models.Contact.Kind",
        "LanguageEnum": "hotline_ep.described.LANGUAGES",
        "NeverOwedEnum": "hotline_ep.described.NEVER_OWED",
        "OnDutyByEnum": "hotline_ep.described.ON_DUTY_BY",
        "SeatEnum": "people.models.WorkGroupMember.Seat",
        "MeanEnum": "signals.backtest_api.MEANS",
        "MuteKindEnum": "signals.models.Mute.Kind",
        "PlanVersionStatusEnum": "plans.models.PlanVersion.Status",
        "ObligationStateEnum": "escalation.models.Obligation.State",
    },
}

# --- files as evidence (docs/decisions/0038): of one sending, and of all that is kept for an incident ---
EVIDENCE_FILE_BYTES = numbers.whole("HOTLINE_EVIDENCE_FILE_MB") * 1_000_000
EVIDENCE_TOTAL_BYTES = numbers.whole("HOTLINE_EVIDENCE_TOTAL_MB") * 1_000_000

# --- the product's own switches --------------------------------------------------------------------------------------------------
# Only tests may move the clock of the real world.
REAL_WORLD_MOVABLE = os.environ.get("HOTLINE_MOVABLE_CLOCK") == "1"
# The push services of browsers: Chrome's and its kin's, Firefox's, Edge's, Safari's. No notification is handed to any other.
EVERY_PUSH_HOST = "fcm.googleapis.com updates.push.services.mozilla.com *.notify.windows.com *.push.apple.com"
PUSH_HOSTS = (os.environ.get("HOTLINE_PUSH_HOSTS", "").strip() or EVERY_PUSH_HOST).split()
# Only tests and practice may name this machine as a push service.
PUSH_NEAR = os.environ.get("HOTLINE_PUSH_NEAR") == "1"
SWEEP_SECONDS = 0.25
# Where heads of the logs are kept outside the database, to tell an older backup by; empty: nowhere. Never restore it with a backup.
HEADS_DIR = "" if TESTING else os.environ.get("HOTLINE_HEADS_DIR", str(VAR_DIR / "heads"))
# What one source may send to one web process: so many samples a second, and so many at once.
SOURCE_SAMPLES_A_SECOND = numbers.measure("HOTLINE_SOURCE_SAMPLES_A_SECOND")
SOURCE_BURST = numbers.measure("HOTLINE_SOURCE_BURST")
# How long a source's former token opens beside the new one, unless whoever rotates says otherwise.
SOURCE_TOKEN_GRACE = timedelta(hours=1)
# How long after its last message an alert still stands for what it said; Alertmanager repeats every four hours.
ALERT_HELD = timedelta(hours=5)
# How long samples and their roll-ups are kept. Samples of the past 90 days are still taken in, and a year is compared with:
# keep samples no shorter than 100 days (`hotline_ep.checks`).
SIGNALS_KEEP_DAYS = {
    "raw": numbers.whole("HOTLINE_KEEP_SAMPLES_DAYS"),
    "minute": numbers.whole("HOTLINE_KEEP_MINUTES_DAYS"),
    "hour": numbers.whole("HOTLINE_KEEP_HOURS_DAYS"),
}

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s %(message)s"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": os.environ.get("HOTLINE_LOG_LEVEL") or "INFO"},
    "loggers": {"httpx": {"level": "WARNING"}, "django.request": {"level": "ERROR"}},
}
