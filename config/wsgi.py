"""The WSGI entry that granian (or any WSGI server) loads: ``config.wsgi:application``."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

from common import embedded

embedded.start_if_chosen()
application = get_wsgi_application()
