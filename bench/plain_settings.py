"""The product's settings with the plain addresses instead."""

from hotline_ep.settings import *  # noqa: F403

ROOT_URLCONF = "bench.plain_urls"
