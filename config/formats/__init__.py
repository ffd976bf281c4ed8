"""How each language writes a day, for ``|date:"DAY"`` and its like in templates."""
