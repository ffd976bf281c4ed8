"""The ways out: a study, or any list of studies, in the formats that reference managers and machines read.

CSL-JSON is the one inner form: ``csl.item`` tells what is known of a study, and BibTeX and RIS are written from that.
"""

from studies.exporting.answering import MOST, respond
from studies.exporting.formats import FORMATS, Format

__all__ = ["FORMATS", "MOST", "Format", "respond"]
