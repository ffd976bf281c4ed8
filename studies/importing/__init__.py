"""Ways into the library: files are read into records, records become studies.

``opening`` opens files and finds their format by their content. ``pubmed``, ``jats``, ``medline``, ``ris``,
``bibtex``, ``endnote``, ``csl``, ``openalex`` and ``crossref`` each read one format into ``record``: XML behind
``guarded``, text cut into records by ``texts``, JSON by ``json_stream``. What several of them need has a place of its
own: ``words`` (titles and abstracts), ``names``, ``languages``, ``licences``, ``dates``, ``announced`` (identifiers in
other fields).
``beside`` reads a large file in a process of its own. ``importing`` stores records, ``building`` computes studies from
all that is stored about them, ``linking`` joins citations to the studies they name. ``identity`` and ``knowing`` know
works again that carry no identifier, ``people`` and ``journals`` authors and journals.
"""
