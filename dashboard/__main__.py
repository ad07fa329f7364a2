"""`python -m dashboard` is `streamgauge`."""

from dashboard.cli import main

main()
