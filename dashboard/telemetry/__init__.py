"""Shell: where observations go, one file a sink."""
