#!/usr/bin/env python
"""Studyhall's command line: starts the embedded database where it is used, then hands over to Django."""

import os
import sys


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    from common import embedded

    embedded.start_if_chosen()
    from django.core.management import execute_from_command_line

    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
