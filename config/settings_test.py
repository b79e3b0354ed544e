"""Settings of the test suite: the same as in production, with addresses that tests/conftest.py sets."""

import os

os.environ.setdefault("SECRET_KEY", "test-only-key-of-more-than-thirty-two-characters")  # noqa: TID251 - before settings read it
os.environ.setdefault("ATRIUM_VAULT_KEYS", "t1:" + "dGVzdC1vbmx5LXZhdWx0LWtleS1vZi0zMi1ieXRlcyE=")  # noqa: TID251 - as above
os.environ.setdefault("DATABASE_URL", "postgresql://app_web@127.0.0.1:1/none")  # noqa: TID251 - as above

from config import env
from config.settings import *  # noqa: F403 - the settings themselves

INSTALLED_APPS = [*env.words("ATRIUM_TEST_APPS"), *INSTALLED_APPS]  # noqa: F405 - as above
BACKGROUND_NICENESS = 0
