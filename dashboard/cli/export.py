"""`streamgauge export`: writes the files that are shipped for Prometheus, Grafana and a proxy; never over others unasked."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path

from dashboard.config_yaml import check_page

PACKAGE = Path(__file__).parents[1]
RUNBOOKS = "docs/runbooks.md"
"""What the files say where an operator has no address yet."""
_LINK = re.compile(rf"(?P<quote>'?){re.escape(RUNBOOKS)}#(?P<anchor>[a-z]+)(?P=quote)$", re.MULTILINE)
_SOURCE = re.compile(r"""(source(?:=\\?"|: '))(canary|live)""")


class Exists(Exception):  # noqa: N818  # what stands in the way, for a person
    """Files that would be overwritten; one sentence."""


def shipped() -> Path:
    """The folder of what is shipped: inside an installed package, else beside it in the repository."""
    inside = PACKAGE / "deploy"
    return inside if inside.is_dir() else PACKAGE.parent / "deploy"


def kinds() -> list[str]:
    """What can be exported, by the names of the folders."""
    return sorted(path.name for path in shipped().iterdir() if path.is_dir() and any(_files(path)))


def contents(kind: str, *, source: str = "canary", runbooks: str | None = None) -> Mapping[str, str]:
    """The text of each file of a kind, by its path inside the folder.

    `source` is whose turns the objectives judge, in rules and dashboard; the unit tests of the rules follow. `runbooks` is where their links
    lead, in place of the file's name. Errors: ConfigError for what is no address.
    """
    if runbooks is not None:
        check_page(runbooks, "--runbooks")
    home = shipped() / kind
    found = {path.relative_to(home).as_posix(): path.read_text("utf-8") for path in _files(home)}
    for name, text in found.items():
        judged = text if source == "canary" else _SOURCE.sub(_other, text)
        found[name] = judged if runbooks is None else _LINK.sub(partial(_link, runbooks), judged)
    return found


def export(files: Mapping[str, str], folder: Path, *, force: bool) -> Iterator[tuple[Path, str]]:
    """Writes the files into `folder`; each with what happened: written, overwritten or unchanged.

    Errors: Exists, before anything is written, when files with other contents are there and `force` is not given;
    OSError of the disk.
    """
    now = {folder / name: text for name, text in files.items()}
    old = {path: _text(path) for path in now if path.exists()}
    others = [path for path, text in old.items() if text != now[path]]
    if others and not force:
        names = ", ".join(str(path.relative_to(folder)) for path in others)
        raise Exists(
            f"{folder}: expected none of the files or the same ones, got others: {names}; nothing was written. "
            "Name another folder, or --force to overwrite them"
        )
    return _write(now, old)


def _write(now: Mapping[Path, str], old: Mapping[Path, str | None]) -> Iterator[tuple[Path, str]]:
    for path, text in now.items():
        if path in old and old[path] == text:
            yield path, "unchanged"
            continue
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8", newline="\n")
        yield path, "overwritten" if path in old else "written"


def _files(folder: Path) -> Iterator[Path]:
    wanted = {".yml", ".json", ".conf"}
    return (path for path in sorted(folder.rglob("*")) if path.is_file() and path.suffix in wanted)


def _other(match: re.Match[str]) -> str:
    return match[1] + ("live" if match[2] == "canary" else "canary")


def _link(runbooks: str, match: re.Match[str]) -> str:
    """The scalar quoted as JSON, which YAML reads, too, whatever is in it."""
    return json.dumps(f"{runbooks}#{match['anchor']}")


def _text(path: Path) -> str | None:
    """What a file holds; None for a folder and for other bytes."""
    try:
        return path.read_text("utf-8")
    except (OSError, UnicodeDecodeError):
        return None
