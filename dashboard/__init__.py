"""Streamgauge: asks a streaming chat back end, shows how healthy the stream is, says how it ended."""
