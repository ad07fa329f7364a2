// The chat pane: applies patches from the server in order, asks for everything when one is missing.

class Chat {
  constructor(model, view) {
    this.model = model;
    this.view = view;
    this.turns = new Map();
    this.have = -1;
    this.heard = performance.now();
    this.follows = true;
    this.act = (message) => {
      if (!this.offline) model.send_msg(message);
      else this.composer.say("This page has lost its server; what you typed stays here.");
    };
    this.pill = el("div", {class: "pill", role: "status", "data-state": "idle"},
      el("span", {class: "sign", "aria-hidden": "true"}, "⚫"), el("span", {class: "word"}, "Not connected"));
    this.who = el("div", {class: "who"});
    this.banner = el("div", {class: "banner", role: "alert", hidden: true});
    this.empty = el("div", {class: "empty"});
    this.older = el("p", {class: "older", hidden: true});
    this.log = el("div", {class: "log", role: "log", "aria-live": "polite", "aria-label": "Conversation", tabindex: 0,
      onscroll: () => this.scrolled()}, this.empty, this.older);
    this.jump = button("Newest", "down", () => this.toEnd(), {class: "jump", hidden: true});
    this.composer = new Composer(this.act);
    this.console = new ConsoleView(1000, this.act);
    this.root = el("section", {class: "chat", "aria-label": "Chat"},
      el("header", {}, this.who, this.pill, button("New chat", "plus", () => this.act({type: "new"}), {class: "ghost new"})),
      this.banner, this.log, el("div", {class: "jump-place"}, this.jump), this.console.root, this.composer.root);
    this.describe();
  }

  // Settings that the server synchronises as state: backend, limits, examples.
  describe() {
    const settings = this.model.settings;
    this.who.replaceChildren(el("b", {}, settings.backend ?? ""), el("span", {class: "dialect"}, settings.dialect ?? ""));
    this.composer.limit = settings.question_chars ?? 8000;
    this.console.most = settings.lines ?? 1000;
    const examples = (settings.examples ?? []).map((text) =>
      el("button", {type: "button", class: "example", onclick: () => this.act({type: "ask", text})}, text));
    this.empty.replaceChildren(
      el("h2", {}, "Ask, and watch the stream"),
      el("p", {}, `The answer streams in here. Beside it: how fast, how steady, and at the end how it ended and whose fault it was.`),
      el("div", {class: "examples"}, ...examples));
    this.composer.acting(settings.scenario, settings.scenario_about);
    this.composer.typed();
  }

  receive(message) {
    this.heard = performance.now();
    if (message.kind !== "full" && message.r !== this.have + 1) return this.sync();
    this.have = message.r;
    this[`on_${message.kind}`]?.(message);
    if (message.pill) this.showPill(message.pill);
    if (message.console && this.console.open) this.console.append(message.console);
    if (this.follows) this.toEnd();
  }

  sync() {
    if (!this.offline) this.act({type: "sync", have: this.have});
  }

  on_full({turns, dropped, running}) {
    for (const view of this.turns.values()) view.root.remove();
    this.turns.clear();
    this.console.clear();
    for (const turn of turns) this.add(turn);
    this.showOlder(dropped);
    this.empty.hidden = turns.length > 0;
    this.composer.setRunning(running);
  }

  on_begin({turn, dropped}) {
    this.add(turn);
    this.showOlder(dropped);
    while (this.turns.size > (this.model.settings.turns ?? 50)) {
      const [id, view] = this.turns.entries().next().value;
      view.root.remove();
      this.turns.delete(id);
    }
    this.empty.hidden = true;
    this.follows = true;
    this.composer.begun();
    this.composer.setRunning(true);
  }

  on_turn({id, fields, blocks, reasoning}) {
    const view = this.turns.get(id);
    if (!view) return;
    view.update({fields, blocks, reasoning});
    if (fields.live === false) this.composer.setRunning(false);
  }

  on_note({text, tone}) {
    this.composer.say(text, tone);
  }

  on_console(message) {
    if (message.console == null && this.console.open) this.console.clear();
  }

  async on_clip({text, what}) {
    const done = await toClipboard(text, this.root);
    this.composer.say(done ? (what === "curl" ? "The curl command is copied." : "The answer is copied.") : "The browser did not allow copying.", done ? "good" : "warn");
    if (done) setTimeout(() => { if (this.composer.note.dataset.tone === "good") this.composer.say(""); }, 2500);
  }

  add(turn) {
    const view = new TurnView(turn, this.act);
    this.turns.set(turn.id, view);
    this.log.append(view.root);
  }

  showOlder(dropped) {
    this.older.hidden = !dropped;
    setText(this.older, `${dropped} older turn${dropped === 1 ? " is" : "s are"} no longer shown.`);
  }

  showPill({sign, state, word}) {
    this.pill.dataset.state = state;
    setText(this.pill.firstChild, sign);
    this.word = word;
    this.tick();
  }

  tick() {
    if (this.offline) {
      this.keepDraft();
      this.pill.dataset.state = "idle";
      return setText(this.pill.lastChild, "Unknown: this page is offline");
    }
    const last = [...this.turns.values()].at(-1);
    last?.tick();
    const silent = this.pill.dataset.state === "connected" ? (last?.silence() ?? 0) : 0;
    setText(this.pill.lastChild, (this.word ?? "Not connected") + (silent >= 2 ? `, silent for ${duration(silent)}` : ""));
    this.pill.classList.toggle("quiet", silent >= 5);
    const quiet = performance.now() - Math.max(this.heard, this.quietSince ?? 0) > 4000;
    if ((this.composer.running || this.have < 0) && quiet && !document.hidden) {
      this.quietSince = performance.now();
      this.sync();
    }
  }

  scrolled() {
    this.follows = this.log.scrollHeight - this.log.scrollTop - this.log.clientHeight < 48;
    this.jump.hidden = this.follows;
  }

  toEnd() {
    this.log.scrollTop = this.log.scrollHeight;
    this.jump.hidden = true;
    this.follows = true;
  }

  // The websocket to this page's own server, not the stream. What is not known is not claimed.
  lost(event) {
    if (!this.offline) this.lostAt = performance.now();
    this.offline = true;
    this.reconnect = () => event.reconnect();
    this.banner.hidden = false;
    this.banner.replaceChildren(
      el("span", {}, "This page has lost its own server; its numbers stand still. It comes back by itself."),
      button("Reload now", "again", () => this.reload(), {class: "ghost"}));
    this.watch ??= setInterval(() => this.look(), 1000);
    this.tick();
  }

  // A session outlives its websocket by 15 s, and never its process: after that only a new page is a true one.
  async look() {
    const answer = await fetch(new URL("healthz", location.href), {cache: "no-store"}).catch(() => null);
    if (!answer?.ok || !this.offline) return;
    const away = performance.now() - this.lostAt;
    const same = (await answer.json()).uptime_s * 1000 > away;
    if (!same || away > 12000 || performance.now() - this.triedAt > 10000) return this.reload();
    if (this.triedAt == null) this.reconnect();
    this.triedAt ??= performance.now();
  }

  reload() {
    this.keepDraft();
    location.reload();
  }

  keepDraft() {
    sessionStorage.setItem("streamgauge-draft", this.composer.area.value);
  }

  // Bokeh may have drawn the page anew: then another Chat has taken over, with the draft.
  found() {
    clearInterval(this.watch);
    if (!this.root.isConnected) return;
    this.offline = false;
    this.watch = this.triedAt = undefined;
    this.banner.hidden = true;
    const heard = this.heard;
    this.have = -1;
    this.sync();
    setTimeout(() => { if (this.heard === heard && this.root.isConnected && !this.offline) this.reload(); }, 10000);
  }
}

function keys(chat) {
  return (event) => {
    const at = event.composedPath()[0];
    const typing = at instanceof HTMLElement && (at.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(at.tagName));
    if (event.key === "Escape" && chat.composer.running) chat.act({type: "stop"});
    if (event.key === "/" && !typing && !event.ctrlKey && !event.metaKey && !event.altKey) {
      event.preventDefault();
      chat.composer.area.focus();
    }
  };
}

// A window too narrow for three columns begins with its sidebar closed; decided here, where the width is known.
function foldSidebar(page) {
  if (window.innerWidth >= 1200) return;
  for (const root of page?.roots() ?? []) {
    if (root.data && "sidebar_open" in root.data.attributes) root.data.sidebar_open = false;
  }
}

export function render({model, view}) {
  const chat = new Chat(model, view);
  const onKey = keys(chat);
  const onSeen = () => chat.act({type: "seen", visible: !document.hidden});
  const timer = setInterval(() => chat.tick(), 500);
  document.addEventListener("keydown", onKey);
  document.addEventListener("visibilitychange", onSeen);
  model.on("msg:custom", (event) => chat.receive(event.data ?? event));
  model.on("settings", () => chat.describe());
  model.on("remove", () => {
    clearInterval(timer);
    document.removeEventListener("keydown", onKey);
    document.removeEventListener("visibilitychange", onSeen);
  });
  const page = view.model.document;
  foldSidebar(page);
  chat.composer.area.value = sessionStorage.getItem("streamgauge-draft") ?? "";
  sessionStorage.removeItem("streamgauge-draft");
  page?.on_event("connection_lost", (_, event) => chat.lost(event));
  page?.on_event("client_reconnected", () => chat.found());
  model.on("after_render", () => chat.sync());
  return chat.root;
}
