"""What ``bin/demo`` runs: makes the environment, prepares the demo community, serves it, and stops it all again."""

import argparse
import contextlib
import errno
import os
import socket
import sys
from pathlib import Path

import environment

DESCRIPTION = """\
Starts a demo community on this machine and serves it until Ctrl-C.

The first run makes .venv, a private PostgreSQL and the demo's members, posts and studies; later runs keep the data
and are ready in seconds. Everything lies in .venv and var; another place for var is chosen by the variable VAR_DIR.
"""


def parse(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="bin/demo", description=DESCRIPTION, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--port", type=port, default=8000, help="the port to serve on (default: 8000)")
    parser.add_argument(
        "--host",
        default="localhost",
        help="the name or address to serve on (default: localhost, which only this machine can reach; "
        "anyone who can reach another one can sign in with the demo's passwords)",
    )
    parser.add_argument("--reset", action="store_true", help="delete the demo's data first, and start over")
    return parser.parse_args(arguments)


def port(text: str) -> int:
    number = int(text) if text.isascii() and text.isdecimal() and len(text) < 6 else 0
    if not 1 <= number <= 65535:
        raise argparse.ArgumentTypeError("a port is a number from 1 to 65535")
    return number


def require_free(host: str, number: int) -> None:
    """End with one sentence when somebody serves on the port already, or we may not.

    It is asked by binding it: servers that share a port by SO_REUSEPORT would hide each other. "localhost" has an
    address of either kind, and a browser may take the one that we do not serve on.
    """
    try:
        found = socket.getaddrinfo(host, number, type=socket.SOCK_STREAM)
    except socket.gaierror:
        environment.give_up(f"{host} is no name or address of this machine: choose another --host.")
    for family, kind, protocol, _, address in found:
        with contextlib.suppress(OSError), socket.socket(family, kind, protocol) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(address)
            except OSError as error:
                if error.errno == errno.EADDRINUSE:
                    environment.give_up(
                        f"Port {number} is taken: stop the program that serves on it, or choose another --port."
                    )
                if error.errno == errno.EACCES:
                    environment.give_up(f"Port {number} may only be used by root: choose a --port above 1023.")
                if family == socket.AF_INET:
                    environment.give_up(f"{host} is no address of this machine: choose another --host.")


def main() -> None:
    options = parse(sys.argv[1:])
    require_free(options.host, options.port)
    environment.run_in_environment(__file__)
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent.parent))
    from demo_server import Demo

    raise SystemExit(Demo(options.host, options.port).run(reset=options.reset))


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        with contextlib.suppress(OSError):
            os.write(2, b"\nStopped.\n")
        raise SystemExit(130) from None
