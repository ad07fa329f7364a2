"""Shell: the back end, over HTTP."""
