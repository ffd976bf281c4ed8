"""A key for notices on members' devices."""

from __future__ import annotations

from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec
from django.core.management.base import BaseCommand

from notices.push import CURVE, encoded


class Command(BaseCommand):
    help = "Print a new PUSH_KEY for the environment. A changed key ends every subscription there is."
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        number = ec.generate_private_key(CURVE).private_numbers().private_value
        self.stdout.write(f"PUSH_KEY={encoded(number.to_bytes(32, 'big'))}")
