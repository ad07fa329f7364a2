"""A real Prometheus that scrapes the real app, which asks the real stub: the shipped rules with shorter times."""

from __future__ import annotations

import contextlib
import json
import math
import re
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import httpx
import yaml

from dashboard.cli.export import contents
from tests.browser.site import Site, serving
from tests.deploy import programs
from tests.deploy.programs import binary
from tests.ports import free_port
from tests.system.processes import program, stub

CANARY = {"interval_s": 1, "jitter": 0.0}
SCENARIOS: dict[str, dict[str, float]] = {
    "stall": {"stall_after_s": 0.3, "give_up_s": 0.5},
    "tools": {},
    "drop-and-resume": {},
    "error-event": {},
}
"""Each a backend, with thresholds of its own."""
FOR_S = 2


TOKEN = "only-prometheus-knows"


PROBED = "probed"
"""A backend without a canary, which Prometheus probes."""


def config(stream: str, folder: Path, port: int) -> str:
    """The demo and a backend for each scenario with canaries, and PROBED; a history file; metrics by token on a port of their own."""
    common = {"dialect": "orchestrator", "canary": CANARY, "retry": {"base_s": 0.1, "cap_s": 0.2}}
    patient = {"ttft_s": 60, "gap_s": 60, "stall_after_s": 60}  # a busy machine is no fault of the one that is well
    backends = [{"name": "demo", "url": stream, "thresholds": patient, **common}]
    backends += [
        {"name": name, "url": f"{stream}?scenario={name}", "thresholds": limits, **common}
        for name, limits in SCENARIOS.items()
    ]
    backends.append({"name": PROBED, "url": stream, "dialect": "orchestrator"})
    metrics = {"token": TOKEN, "port": port}
    return json.dumps({"backends": backends, "history": {"path": str(folder / "history.db")}, "metrics": metrics})


def overlay(text: str) -> str:
    """The rules, evaluated every second; what must hold for minutes must hold for FOR_S."""
    document = yaml.safe_load(text)
    for group in document["groups"]:
        group["interval"] = "1s"
        for rule in group["rules"]:
            if "for" in rule:
                rule["for"] = f"{FOR_S}s"
    return yaml.safe_dump(document)


class Prometheus:
    """Its HTTP interface."""

    def __init__(self, client: httpx.Client) -> None:
        self.client = client
        self.began = time.time()

    def get(self, path: str, **params: str | float) -> Any:
        answer = self.client.get(path, params=params).json()
        assert answer["status"] == "success", answer
        return answer["data"]

    def values(self, query: str, instant: bool) -> list[float]:
        """Every number of the answer, NaN left out; since the start unless for this moment only."""
        if instant:
            told = self.get("query", query=query)
            samples = [told["result"]] if told["resultType"] == "scalar" else [each["value"] for each in told["result"]]
        else:
            told = self.get("query_range", query=query, start=self.began, end=time.time(), step=1)
            samples = [sample for each in told["result"] for sample in each["values"]]
        return [number for number in (float(value) for _, value in samples) if not math.isnan(number)]

    def alerts(self, name: str, **labels: str) -> set[str]:
        """The states of an alert with these labels."""
        return {
            alert["state"]
            for alert in self.get("alerts")["alerts"]
            if alert["labels"]["alertname"] == name and labels.items() <= alert["labels"].items()
        }


class Alertmanager:
    """A real one; `heard` is what its receivers get: (page, ticket or alive; alert; backend). Without an address there is none."""

    def __init__(self, address: str) -> None:
        self.address = address
        self.heard: set[tuple[str, str, str]] = set()

    def inhibited(self) -> set[tuple[str, str]]:
        """(alert, backend) of what something worse implies."""
        told = httpx.get(f"http://{self.address}/api/v2/alerts", trust_env=False).json()
        return {
            (each["labels"]["alertname"], each["labels"].get("backend", ""))
            for each in told
            if each["status"]["inhibitedBy"]
        }


@contextlib.contextmanager
def alertmanager(folder: Path) -> Iterator[Alertmanager]:
    """On a free port of this machine, with the shipped example; it waits for nothing, and its receivers are ours."""
    if not (found := programs.alertmanager()):
        yield Alertmanager("")
        return
    manager = Alertmanager(f"127.0.0.1:{free_port()}")

    class Receiver(BaseHTTPRequestHandler):
        def do_POST(self) -> None:  # http.server's name
            told = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            for alert in told["alerts"]:
                labels = alert["labels"]
                manager.heard.add((self.path.strip("/"), labels["alertname"], labels.get("backend", "")))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Says nothing."""

    receiver = ThreadingHTTPServer(("127.0.0.1", 0), Receiver)
    Thread(target=receiver.serve_forever, daemon=True).start()
    text = contents("prometheus")["alertmanager.yml"]
    text = re.sub(r"group_wait: \w+", "group_wait: 0s", re.sub(r"group_interval: \w+", "group_interval: 1s", text))
    file = folder / "alertmanager.yml"
    file.write_text(text.replace("127.0.0.1:9095", f"127.0.0.1:{receiver.server_port}"), "utf-8")
    options = (f"--config.file={file}", f"--storage.path={folder}/alerts", "--cluster.listen-address=")
    with program(found, *options, f"--web.listen-address={manager.address}") as running:
        running.wait_for("Listening on|msg=Listening", 60)
        yield manager
    receiver.shutdown()
    receiver.server_close()


@contextlib.contextmanager
def prometheus(folder: Path, target: str, alerts_to: str = "") -> Iterator[Prometheus]:
    """On a free port of this machine, with what `streamgauge export` gives, scraping every second."""
    for name, text in contents("prometheus").items():
        if name.endswith(".rules.yml"):
            (folder / name).write_text(overlay(text), "utf-8")
    shipped = contents("prometheus")["prometheus.yml"]
    document = yaml.safe_load(re.sub(r"^  # (?=- job_name|  )", "  ", shipped, flags=re.MULTILINE))
    document["global"] = {"scrape_interval": "1s", "evaluation_interval": "1s"}
    if alerts_to:
        document["alerting"]["alertmanagers"][0]["static_configs"][0]["targets"] = [alerts_to]
    else:
        del document["alerting"]
    jobs = document["scrape_configs"]
    for job in jobs:
        job["static_configs"][0]["targets"] = [target]
        job["authorization"] = {"credentials": TOKEN}
    jobs[1].update(scrape_interval="5s", scrape_timeout="5s")
    jobs[1]["static_configs"][0]["labels"]["__param_backend"] = PROBED
    (folder / "prometheus.yml").write_text(yaml.safe_dump(document), "utf-8")
    port = free_port()
    options = (
        f"--config.file={folder}/prometheus.yml",
        f"--storage.tsdb.path={folder}/data",
        "--enable-feature=exemplar-storage",
        "--rules.alert.resend-delay=1s",  # else what fired before Alertmanager was found is told a minute later
    )
    with program(binary("prometheus"), *options, f"--web.listen-address=127.0.0.1:{port}") as running:
        running.wait_for("Server is ready to receive web requests", 60)
        with httpx.Client(base_url=f"http://127.0.0.1:{port}/api/v1/", trust_env=False, timeout=30) as client:
            yield Prometheus(client)


@contextlib.contextmanager
def watched(folder: Path) -> Iterator[tuple[Site, Prometheus, Alertmanager]]:
    """All of it; canaries ask at once and every second."""
    with stub() as stream, alertmanager(folder) as manager:
        file, port = folder / "config.yaml", free_port()
        file.write_text(config(stream, folder, port), "utf-8")
        target = f"127.0.0.1:{port}"
        with serving(file, free_port()) as site, prometheus(folder, target, manager.address) as scraping:
            yield site, scraping, manager
