"""Ways into the library: files are read into records, records become studies.

``opening`` opens files and finds their format; ``jats`` and ``pubmed`` read one format each into ``record``;
``importing`` stores records, ``building`` computes studies from all that is stored about them, ``linking`` joins
citations to the studies they name. ``identity`` and ``knowing`` know works again that carry no identifier, ``people``
and ``journals`` authors and journals.
"""
