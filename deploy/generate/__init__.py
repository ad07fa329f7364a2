"""What deploy/ ships and can be computed: `python -m deploy.generate` writes it anew, `--check` says what differs."""
