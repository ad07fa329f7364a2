// What Chat and Compare have in common: messages in order, this page's own websocket, keys, the draft.

class Pane {
  constructor(model, words = {}, help = new Help(ASKING_KEYS)) {
    this.model = model;
    this.have = -1;
    this.heard = performance.now();
    this.link = new ServerLink(() => this.reload());
    this.act = (message) => {
      if (!this.offline) model.send_msg(message.type === "ask" ? {...message, chosen: this.chosen()} : message);
      else this.composer.say("This page has lost its server; what you typed stays here.");
    };
    this.banner = el("div", {class: "banner", role: "alert", hidden: true});
    this.help = help;
    this.announcer = new Announcer();
    this.composer = new Composer(this.act, words, this.help);
  }

  get offline() {
    return this.link.offline;
  }

  // For a subclass: `received` after each message, `chosen` what a question goes out with, `root` its DOM.
  received() {}

  chosen() {
    return {};
  }

  receive(message) {
    if (message.kind !== "full" && message.r !== this.have + 1) return this.missed();
    this.heard = performance.now();
    this.have = message.r;
    this[`on_${message.kind}`]?.(message);
    drawing();
    this.received(message);
    if (message.kind === "full") bare();
  }

  // Asked for everything once; again by `tick`, for a server that sees this page far behind does not answer at once.
  missed() {
    if (this.have < 0) return;
    this.have = -1;
    this.sync();
  }

  sync() {
    if (!this.offline) this.act({type: "sync", have: this.have});
  }

  // What the address asked for and is not here; said once.
  showNotice(text) {
    if (text && text !== this.notice) this.composer.say(text);
    this.notice = text;
  }

  on_note({text, tone}) {
    this.composer.say(text, tone);
  }

  async on_clip({text, what}) {
    const done = await toClipboard(text, this.root);
    this.composer.say(done ? (what === "curl" ? "The curl command is copied." : "The answer is copied.") : "The browser did not allow copying.", done ? "good" : "warn");
    if (done) setTimeout(() => { if (this.composer.note.dataset.tone === "good") this.composer.say(""); }, 2500);
  }

  // A page that should have heard of its answer, or never got one to its first question, asks again.
  tick() {
    if (this.offline) return this.keepDraft();
    const quiet = performance.now() - Math.max(this.heard, this.quietSince ?? 0) > 4000;
    if ((this.composer.running || this.have < 0) && quiet && !document.hidden) {
      this.quietSince = performance.now();
      this.sync();
    }
  }

  // What is not known is not claimed.
  lost(event) {
    if (!this.root.isConnected) return;
    this.link.lost(event);
    this.banner.hidden = false;
    stale(true);
    this.banner.replaceChildren(
      el("span", {}, "This page has lost its own server; its numbers stand still. It comes back by itself."),
      button("Reload now", "again", () => this.reload(), {class: "ghost"}));
    this.tick();
  }

  reload() {
    this.keepDraft();
    location.reload();
  }

  keepDraft() {
    remember(`draft-${this.constructor.name}`, this.composer.area.value);
  }

  takeDraft() {
    const name = `draft-${this.constructor.name}`;
    this.composer.area.value = recall(name);
    remember(name, "");
    this.composer.typed();
  }

  // Bokeh may have drawn the page anew: then another pane has taken over, with the draft.
  found() {
    this.link.end();
    if (!this.root.isConnected) return;
    this.link.found();
    stale(false);
    this.banner.hidden = true;
    const heard = this.heard;
    this.have = -1;
    this.sync();
    setTimeout(() => { if (this.heard === heard && this.root.isConnected && !this.offline) this.reload(); }, 10000);
  }

  onKey(event) {
    if (this.help.root.open) return;
    if (event.key === "Escape" && this.composer.running) this.act({type: "stop"});
    if (typing(event) || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "?") this.help.show();
    if (event.key === "/") {
      event.preventDefault();
      this.composer.area.focus();
    }
  }
}

// What stands still looks so, wherever on the page it is.
function stale(still) {
  document.documentElement.style.setProperty("--fresh", still ? "0.5" : "1");
}

// Out of sight (another view, a hidden tab) nothing is painted; what comes into sight asks for everything.
function mount(pane, {model, view}) {
  const page = pane.page = view.model.document;
  const onKey = (event) => pane.onKey(event);
  const onSeen = () => pane.act({type: "seen", visible: !document.hidden});
  const onGoing = () => pane.keepDraft();
  const onLost = (_, event) => pane.lost(event);
  const onFound = () => pane.found();
  const timer = setInterval(() => pane.tick(), 500);
  document.addEventListener("keydown", onKey);
  document.addEventListener("visibilitychange", onSeen);
  window.addEventListener("pagehide", onGoing);
  page?.on_event("connection_lost", onLost);
  page?.on_event("client_reconnected", onFound);
  model.on("msg:custom", (event) => pane.receive(letter(event)));
  model.on("settings", () => pane.describe());
  model.on("remove", () => {
    clearInterval(timer);
    document.removeEventListener("keydown", onKey);
    document.removeEventListener("visibilitychange", onSeen);
    window.removeEventListener("pagehide", onGoing);
    page?.remove_on_event?.("connection_lost", onLost);
    page?.remove_on_event?.("client_reconnected", onFound);
    pane.keepDraft();
    if (!pane.offline) model.send_msg({type: "seen", visible: false});
  });
  pane.takeDraft();
  model.on("after_render", () => {
    if (document.hidden) pane.sync();
    else onSeen();
  });
  return pane.root;
}
