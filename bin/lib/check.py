"""What ``bin/check`` runs: every step that must pass, in turn, up to the first that does not."""

import os
import secrets
import subprocess
import sys
import time

import environment

PYTHON = [sys.executable, "-m"]
MANAGE = [sys.executable, "-W", "ignore::RuntimeWarning", "manage.py"]
STEPS: list[tuple[str, list[str], dict[str, str]]] = [
    ("format", [*PYTHON, "ruff", "format", "--check", "--quiet", "."], {}),
    ("lint", [*PYTHON, "ruff", "check", "--quiet", "."], {}),
    ("types", [*PYTHON, "mypy"], {"STUDYHALL_MODE": "test"}),
    ("template lint", [*PYTHON, "djlint", "--lint", "--quiet", "templates"], {}),
    ("migrations", [*MANAGE, "makemigrations", "--check", "--dry-run"], {"STUDYHALL_MODE": "test"}),
    (
        "production settings",
        [*MANAGE, "check", "--deploy", "--fail-level", "WARNING"],
        {
            "STUDYHALL_MODE": "production",
            "SECRET_KEY": secrets.token_urlsafe(60),
            "ALLOWED_HOSTS": "studyhall.example",
            "SITE_URL": "https://studyhall.example",
        },
    ),
    ("tests", [sys.executable, str(environment.ROOT / "bin/lib/test.py")], {}),
]


def main() -> None:
    environment.run_in_environment(__file__, development=True)
    began = time.monotonic()
    for name, command, variables in STEPS:
        print(f"── {name}", flush=True)
        started = time.monotonic()
        code = subprocess.run(command, cwd=environment.ROOT, env={**os.environ, **variables}, check=False).returncode
        if code:
            environment.give_up(f"── {name} failed after {time.monotonic() - started:.1f} s")
        print(f"   passed in {time.monotonic() - started:.1f} s", flush=True)
    print(f"── everything passed in {time.monotonic() - began:.0f} s")


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        raise SystemExit(130) from None
