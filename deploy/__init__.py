"""What an operator copies: Prometheus, Grafana, a proxy. `streamgauge export` writes it; `deploy.generate` makes a part of it."""
