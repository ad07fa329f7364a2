"""Pure: bytes to frames to meaning."""
