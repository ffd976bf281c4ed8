"""Whether what a summary says stands in the abstract: its numbers, percentages and drug names.

``check.check`` compares; ``numbers`` reads quantities out of sentences, ``drugs`` finds names of drugs.
"""
