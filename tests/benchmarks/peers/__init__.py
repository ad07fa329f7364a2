"""The same streamed answer on our page and on others', each in an environment of its own: `make bench-peers`."""
