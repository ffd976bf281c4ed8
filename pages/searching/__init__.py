"""Search over everything: its operators, the kinds of things it finds, suggestions, and searches that are kept."""
