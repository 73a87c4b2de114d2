"""A sweeping process whose clock is an hour off: it must fire nothing and say so."""

import os
from datetime import timedelta

import django

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "hotline_ep.settings")
    django.setup()
    from common.clock import wall
    from engine.sweep import Sweeper

    Sweeper(every=0.25, now=lambda: wall() + timedelta(hours=1)).run()
