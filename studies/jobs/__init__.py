"""The library's work that no request waits for. Each module here registers its tasks by being imported."""

from studies.jobs import drafting, imports, open_data, people, standing, suggestions

__all__ = ["drafting", "imports", "open_data", "people", "standing", "suggestions"]
