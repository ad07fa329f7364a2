"""Shell: the page, in Panel."""
