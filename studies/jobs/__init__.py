"""The library's work that no request waits for. Each module here registers its tasks by being imported."""

from studies.jobs import imports, open_data, people, standing

__all__ = ["imports", "open_data", "people", "standing"]
