"""Pure: numbers about streams."""
