"""Inspect as one component: a list of turns, and one of them under the glass; told in revised messages, as every pane."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Coroutine, Mapping
from functools import partial
from typing import Any

from dashboard.config import ConfigError
from dashboard.runtime import Refused
from dashboard.ui import inspect_list
from dashboard.ui.conversation import Shown
from dashboard.ui.event_log import parsed
from dashboard.ui.inspect_client import as_client
from dashboard.ui.inspect_files import exported, opened, previewed
from dashboard.ui.inspect_load import Subject, again, bring, described
from dashboard.ui.inspect_open import CannotOpen, Upload, started
from dashboard.ui.inspect_player import Player, speed_of
from dashboard.ui.inspect_raw import raw
from dashboard.ui.inspected import Fields, Inspected, Told, Truth, of_numbers
from dashboard.ui.modules import source
from dashboard.ui.pane import Handler, Pane
from dashboard.ui.plain import visible
from dashboard.ui.view import Visit

ID_CHARS = 64
PARTS = (
    *(
        "dom.js",
        "help.js",
        "link.js",
        "pane.js",
        "inspect_list.js",
        "inspect_head.js",
        "inspect_waterfall.js",
        "inspect_log.js",
    ),
    *("inspect_more.js", "inspect_take.js", "inspect.js"),
)


class InspectPane(Pane):
    """One browser session's glass. What a page asks for that takes long is done in a task; the newest one counts."""

    _esm = source(*PARTS)
    _stylesheets = [source("tokens.css", "help.css", "inspect.css", "inspect_take.css")]

    def __init__(self, visit: Visit, **params: Any) -> None:
        self._subject: Subject | None = None
        self._told: Told | None = None
        self._player: Player | None = None
        self._upload: Upload | None = None
        self._wanted = ""
        self._loading: asyncio.Task[None] | None = None
        self._listed: tuple[Any, ...] = ()
        super().__init__(visit, **params)

    def _answers(self) -> Mapping[str, Handler]:
        return {
            "open": self._open,
            "row": self._row,
            "play": self._play,
            "client": self._client,
            "preview": self._preview,
            "export": self._export,
            "upload": self._take_upload,
            "chat": self._chat,
        }

    def _find(self, turn: str) -> Shown | None:  # noqa: ARG002  # nothing of Inspect is a turn of a conversation
        return None

    # What is under the glass

    def show(self, turn: str) -> None:
        """Puts a turn under the glass; "" for none. A file that was opened stays until another turn is named."""
        turn = turn[:ID_CHARS]
        if turn == self._wanted and (self._subject or self._loading or not turn):
            return
        self._wanted = turn
        self._begin(self._bring(turn) if turn else None)

    def _begin(self, work: Coroutine[Any, Any, None] | None) -> None:
        """Takes away what is under the glass; `work` puts something else there."""
        self._put(None)
        if self._loading is not None:
            self._loading.cancel()
        self._loading = self._runtime.task(self._load(work), name="inspect") if work is not None else None
        self._full()

    async def _load(self, work: Awaitable[None]) -> None:
        try:
            await work
        except (CannotOpen, ConfigError) as error:
            self._failed(str(error))
        except Exception as error:  # noqa: BLE001  # logged and counted; the page says so
            self._runtime.task_failed("inspect", error)
            self._failed("This could not be read again: a mistake in this page, which was logged.")

    def _failed(self, why: str) -> None:
        self._loading = None
        self._put(Subject(self._wanted, "unknown") if self._wanted else None)
        self._full()
        self.note(visible(why), "bad")

    async def _bring(self, turn: str) -> None:
        self._put(await bring(self._runtime, turn))
        self._loading = None
        self._full()

    def _put(self, subject: Subject | None) -> None:
        self._stop_player()
        if self._subject is not None:
            self._subject.let_go()
        self._subject, self._told = subject, None

    def _stop_player(self) -> None:
        player, self._player = self._player, None
        if player is not None:
            player.stop()

    # What the page is told

    @property
    def _shown(self) -> Inspected | None:
        """What is drawn: a replay while there is one."""
        subject = self._subject
        return self._player.inspected if self._player else subject.inspected if subject else None

    @property
    def _truth(self) -> Truth | None:
        return None if self._player or self._subject is None else self._subject.truth

    def _full(self) -> None:
        subject = self._subject
        self._listed = inspect_list.stamp(self._runtime)
        self._tell(
            "full",
            turns=inspect_list.rows(self._runtime, self._session),
            wanted=visible(self._wanted),
            loading=self._loading is not None and subject is None,
            subject=described(subject) if subject else None,
            shown=self._whole(subject) if subject else None,
            player=self._player.state() if self._player else None,
        )

    def _whole(self, subject: Subject) -> Fields | None:
        inspected = self._shown
        if inspected is None:
            return of_numbers(subject.truth) if subject.truth else None
        self._told = None if inspected.ended else Told(inspected)
        return inspected.whole(self._truth)

    def tick(self) -> None:
        """Four times a second while in sight: what is new in the list, in a turn that runs, in a replay."""
        if self._listed != inspect_list.stamp(self._runtime):
            self._listed = inspect_list.stamp(self._runtime)
            self._tell("list", turns=inspect_list.rows(self._runtime, self._session))
        inspected, player = self._shown, self._player
        if inspected is None or self._told is None:
            return
        fresh = self._told.fresh(self._truth)
        if fresh is not None or (player and player.pace.playing):
            self._tell("more", shown=fresh, player=player.state() if player else None)
        if inspected.ended:
            self._told = None
            if player is not None:
                self._stop_player()
                self._full()
            elif self._wanted:  # a turn that has just ended: from now on it is what its bytes say
                self._loading = self._runtime.task(self._load(self._bring(self._wanted)), name="inspect")

    # What the page says

    async def _open(self, data: dict[str, Any]) -> None:
        turn = str(data.get("turn", ""))[:ID_CHARS]
        if not turn and self._subject is not None and self._subject.kind == "file":
            self._begin(None)
        self._visit.go("inspect", turn=turn or None)

    async def _chat(self, _data: dict[str, Any]) -> None:
        self._visit.go("chat", turn=None)

    async def _row(self, data: dict[str, Any]) -> None:
        """What a row of the log said in full, and the bytes that it was."""
        subject, shown, number = self._subject, self._shown, data.get("row")
        entry = shown.log.entry(number) if shown and isinstance(number, int) else None
        if subject is None or entry is None:
            return
        came = await asyncio.to_thread(partial(raw, self._runtime.flight, subject, entry))
        self._tell("row", row=number, parsed=parsed(entry), raw=visible(came.text), note=came.note)

    async def _play(self, data: dict[str, Any]) -> None:
        """Begins a replay, changes its pace, or ends it ("stop")."""
        subject, player = self._subject, self._player
        if data.get("stop"):
            self._stop_player()
            self._full()
        elif player is not None:
            player.pace.set(speed=speed_of(data.get("speed")), playing=bool(data.get("playing", True)))
            self._tell("player", player=player.state())
        elif subject is not None and subject.attempts:
            try:
                self._player = Player(
                    self._runtime,
                    subject.attempts,
                    name=subject.name,
                    session=self._session,
                    speed=speed_of(data.get("speed")),
                )
            except (Refused, ConfigError) as error:
                self.note(str(error))
                return
            self._full()

    async def _client(self, _data: dict[str, Any]) -> None:
        subject = self._subject
        if subject is not None and subject.attempts and subject.inspected is not None:
            report = (subject.truth or (subject.inspected.gauge.report(),))[0]
            told = await asyncio.to_thread(as_client, subject.attempts, report.outcome, report.detail)
            self._tell("client", **told)

    async def _preview(self, _data: dict[str, Any]) -> None:
        if self._subject is not None:
            self._tell("preview", **await previewed(self._runtime, self._subject))

    async def _export(self, data: dict[str, Any]) -> None:
        subject = self._subject
        file = await exported(self._runtime, subject, str(data.get("as"))) if subject is not None else None
        for piece in file or ():
            self._tell("file", **piece)

    async def _take_upload(self, data: dict[str, Any]) -> None:
        """A piece of a file; with the last one it is opened."""
        try:
            if "name" in data:
                self._drop_upload()
                self._upload = started(data)
            whole = self._upload is not None and self._upload.take(data.get("piece"))
        except CannotOpen as error:
            self._drop_upload()
            self.note(visible(str(error)), "bad")
            self._tell("uploaded")
            return
        upload = self._upload
        if whole and upload is not None:
            self._upload = None
            self._wanted = ""
            self._visit.go("inspect", turn=None)
            self._begin(self._read(upload))
            self._tell("uploaded")

    async def _read(self, upload: Upload) -> None:
        subject = opened(upload.name, upload.let_go)
        try:
            subject.attempts = await asyncio.to_thread(upload.attempts)
            subject.inspected = await again(subject.attempts, self._runtime.config, upload.name, "recording")
        except BaseException:
            subject.let_go()
            raise
        self._put(subject)
        self._loading = None
        self._full()

    def _drop_upload(self) -> None:
        upload, self._upload = self._upload, None
        if upload is not None:
            upload.let_go()

    def close(self) -> None:
        """The session ends."""
        if self._loading is not None:
            self._loading.cancel()
        self._drop_upload()
        self._put(None)
        super().close()
