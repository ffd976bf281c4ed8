"""The WSGI entry that granian (or any WSGI server) loads: ``config.wsgi:application``."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

from common import embedded
from common.middleware import readable

embedded.start_if_chosen()
# Some headers break Django before the first middleware could answer them.
application = readable(get_wsgi_application())
