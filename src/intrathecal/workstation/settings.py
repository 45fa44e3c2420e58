"""Django's settings, from the environment, as `configuration` reads it.

Keys that must be kept lie in the home folder, made when they are first needed and readable by their owner alone.
"""

from __future__ import annotations

from intrathecal.workstation import configuration

HOME = configuration.home()
SECRET_KEY = configuration.secret(HOME / "secret.key")
DEBUG = False
ALLOWED_HOSTS = configuration.hosts()
PROXIES = configuration.proxies()
SECOND_FACTOR_REQUIRED = configuration.second_factor_required()
DATABASES = {"default": configuration.database(HOME)}

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.humanize",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django_htmx",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "auditlog",
    "intrathecal.workstation.clinic",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "intrathecal.workstation.headers.Headers",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "intrathecal.workstation.asker.Asker",
    "django_htmx.middleware.HtmxMiddleware",
    "intrathecal.workstation.access.Gate",
]
ROOT_URLCONF = "intrathecal.workstation.urls"
ASGI_APPLICATION = "intrathecal.workstation.asgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [configuration.HERE / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "intrathecal.workstation.access.may",
            ],
            "builtins": ["intrathecal.workstation.clinic.templatetags.clinical"],
        },
    }
]

AUTH_USER_MODEL = "clinic.User"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"
ACCOUNT_LOGIN_METHODS = {"username"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "password1*"]
ACCOUNT_FORMS = {"change_password": "intrathecal.workstation.own_account.ChangePassword"}
ACCOUNT_ADAPTER = "intrathecal.workstation.adapter.ClinicAdapter"
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_LOGOUT_ON_GET = False
MFA_ADAPTER = "intrathecal.workstation.factors.Factors"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_TOTP_ISSUER = "intrathecal"
#: One step of 30 s to both sides, for clocks that are not quite right.
MFA_TOTP_TOLERANCE = 1
#: Browsers give passkeys away over https alone, and over http on this machine (localhost).
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = True

#: Tries are counted here: with room for few, whoever asks from many addresses would push out what is counted of a name.
CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache", "OPTIONS": {"MAX_ENTRIES": 100_000}}}
#: How often one may try: a clinic's people share an address, so it is the name that is guarded closely.
ACCOUNT_RATE_LIMITS = {"login": "300/m/ip", "login_failed": "60/m/ip,5/5m/key"}

#: Half an hour without a page ends a session, and so does closing the browser. `access.Gate` prolongs it.
SESSION_COOKIE_AGE = 1800
SESSION_EXPIRE_AT_BROWSER_CLOSE = True
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_HTTPONLY = True
CSRF_FAILURE_VIEW = "intrathecal.workstation.failing.csrf"
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CONTENT_TYPE_NOSNIFF = True
#: A trusted proxy says whether it was asked over https; then browsers are told to ask over nothing else, for a year.
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if PROXIES else None
SECURE_HSTS_SECONDS = 365 * 24 * 3600

#: The server that answers to requests for appointments are sent by; None: they are told by telephone.
CLINIC_MAIL = configuration.mail()

USE_TZ = True
TIME_ZONE = configuration.time_zone()
USE_I18N = True
LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English")]
LOCALE_PATHS = [configuration.HERE / "locale"]
STATIC_URL = "/static/"
STATICFILES_DIRS = [
    configuration.HERE / "static",
    ("report", configuration.HERE.parent / "report" / "assets"),
    ("report", configuration.HERE.parent / "report" / "vendored"),
]
WHITENOISE_USE_FINDERS = True
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
AUDITLOG_INCLUDE_ALL_MODELS = False
AUDITLOG_DISABLE_ON_RAW_SAVE = True
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "handlers": {"console": {"class": "logging.StreamHandler"}},
    "root": {"handlers": ["console"], "level": "WARNING"},
    # What was refused is not logged with its address: that may be somebody's personal link.
    "loggers": {"django.request": {"level": "ERROR"}},
}
