"""The wire protocols that are spoken, one file each; DIALECTS is the whole list."""
