"""Prepares the demo's database: tables, cache, community. One process for all, because starting Django takes a second.

Takes the name of a file, and writes into it the sign-ins that the demo offers.
"""

import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent.parent))


def main(sign_ins: str) -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    import django
    from django.core.management import call_command

    django.setup()
    print("Making the tables …", flush=True)
    call_command("migrate", interactive=False, verbosity=0)
    call_command("createcachetable", verbosity=0)
    call_command("load_demo")
    with open(sign_ins, "w", encoding="utf-8") as file:
        call_command("load_demo", show_sign_ins=True, stdout=file)


if __name__ == "__main__":
    main(sys.argv[1])
