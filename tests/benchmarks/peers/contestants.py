"""Who is measured: how each is installed, started and asked, and where its answer stands on the page."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import msgspec

HERE = Path(__file__).parent
ROOT = HERE.parents[2]
FOLDER = ROOT / ".peers"


class Contestant(msgspec.Struct, frozen=True):
    """`selector` finds the answer (shadow roots are searched), `question` where one types; `packages` none: it runs in this environment."""

    name: str
    selector: str
    script: str = ""
    python: str = ""
    packages: tuple[str, ...] = ()
    question: str = "textarea"

    @property
    def interpreter(self) -> Path:
        return FOLDER / self.name / "bin" / "python" if self.packages else Path(sys.executable)

    def install(self) -> None:
        """Makes its environment where there is none yet. Errors: CalledProcessError, FileNotFoundError without uv."""
        if self.interpreter.exists():
            return
        uv = shutil.which("uv")
        if uv is None:
            raise FileNotFoundError("uv is needed to make the environments: https://docs.astral.sh/uv/")
        wanted = os.environ.get(f"PYTHON_{self.python.replace('.', '_')}", self.python)  # PYTHON_3_13=/path/to/it
        subprocess.run([uv, "venv", "-q", "--python", wanted, str(FOLDER / self.name)], check=True)
        subprocess.run([uv, "pip", "install", "-q", "--python", str(self.interpreter), *self.packages], check=True)

    def command(self, port: int, source: str, scratch: Path) -> list[str]:
        python = str(self.interpreter)
        if self.name == "streamgauge":
            backend = {"name": "source", "url": source, "dialect": "openai-chat"}
            config = scratch / "config.yaml"
            config.write_text(json.dumps({"backends": [backend]}), "utf-8")
            return [python, "-m", "dashboard", "serve", "--config", str(config), "--port", str(port)]
        script = str(HERE / self.script)
        if self.name == "streamlit":
            flags = [f"--server.port={port}", "--server.headless=true", "--browser.gatherUsageStats=false"]
            return [python, "-m", "streamlit", "run", script, "--server.address=127.0.0.1", *flags]
        return [python, script, str(port), source]


HTTPX = "httpx==0.28.1"
CONTESTANTS = (
    Contestant("floor", ".answer", "floor.py"),
    Contestant("streamgauge", ".turn .answer", question="textarea[aria-label='Your question']"),
    Contestant("panel-1.9", ".message", "panel_chat.py", "3.11", ("panel==1.9.4", "bokeh==3.9.2", HTTPX)),
    Contestant("panel-1.10", ".message", "panel_chat.py", "3.13", ("panel==1.10.0", HTTPX)),
    Contestant("gradio", "[data-testid=bot]", "gradio_chat.py", "3.11", ("gradio==6.31.0", HTTPX)),
    Contestant(
        "streamlit",
        "[data-testid=stChatMessage]:last-of-type",
        "streamlit_chat.py",
        "3.11",
        ("streamlit==1.67.0", HTTPX),
    ),
)
