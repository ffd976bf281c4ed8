"""JATS, the journal article tag suite (NLM 2.x and 3.0, JATS 1.0 to 1.3), as PubMed Central and publishers give it.

Only ``front`` and the reference lists are read; full text, and what hangs below an article (responses, translations,
decision letters), is passed over while it streams by. Subject groups are a publisher's shelves and become no tags.

``reading`` is the door; ``basics`` reads what an article is, ``words`` what it says, ``rights`` what may be done with
it, who paid and whose interest is in it, ``relations`` which other articles it leads to, ``references`` what it cites.
"""

from studies.importing.jats.reading import read_jats

__all__ = ("read_jats",)
