"""Pure: one question and its answer."""
