// The chat pane: a conversation, newest at the end.

class Chat extends Pane {
  constructor(model) {
    super(model);
    this.turns = new Map();
    this.follows = true;
    this.pill = el("div", {class: "pill", "data-state": "idle"},
      el("span", {class: "sign", "aria-hidden": "true"}, "⚫"), el("span", {class: "word"}, "Not connected"));
    this.who = el("div", {class: "who"});
    this.empty = el("div", {class: "empty"});
    this.older = el("p", {class: "older", hidden: true});
    this.log = el("div", {class: "log", role: "log", "aria-live": "off", "aria-label": "Conversation", tabindex: 0,
      onscroll: () => this.scrolled()}, this.empty, this.older);
    this.jump = button("Newest", "down", () => this.toEnd(), {class: "jump", hidden: true});
    this.edge = el("div", {class: "edge"}, this.jump);
    this.console = new ConsoleView(1000, this.act);
    new ResizeObserver(() => { if (this.follows) this.toEnd(); }).observe(this.log);
    this.root = el("section", {class: "chat", "aria-label": "Chat"},
      el("header", {}, this.who, this.pill, button("New chat", "plus", () => this.act({type: "new"}), {class: "ghost new"})),
      this.banner, this.log, this.edge, this.console.root, this.composer.root, this.announcer.root);
    this.describe();
  }

  // What stands in the fields of the sidebar goes out with the question: nothing that was typed can come too late.
  chosen() {
    const chosen = {of: this.model.settings.backend};
    for (const {css_classes, data} of this.page?.all_models ?? []) {
      const name = Array.isArray(css_classes) && css_classes.find((each) => each.startsWith("asks-"));
      if (name) chosen[name.slice(5)] = data.value_input ?? data.value;
    }
    return chosen;
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
      icon("wave"),
      el("h2", {}, "Ask, and watch the stream"),
      el("p", {}, `The answer streams in here. Beside it: how fast, how steady, and at the end how it ended and whose fault it was.`),
      el("div", {class: "examples"}, ...examples));
    this.composer.acting(settings.scenario, settings.scenario_about);
    this.composer.typed();
    this.showNotice(settings.notice);
  }

  received(message) {
    if (message.pill) this.showPill(message.pill);
    if (message.console && this.console.open) this.console.append(message.console);
    if (this.follows) this.toEnd();
  }

  on_full({turns, dropped, running, lost}) {
    if (lost && recall("had")) {
      this.composer.say("The server no longer has this tab's conversation: it was restarted, or that was too long ago.");
    }
    remember("had", turns.length ? "turns" : "");
    for (const id of this.turns.keys()) this.drop(id);
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
      this.drop(this.turns.keys().next().value);
    }
    remember("had", "turns");
    this.empty.hidden = true;
    this.follows = true;
    this.composer.begun();
    this.announcer.say("Asked. The answer is on its way.");
    this.composer.setRunning(true);
  }

  on_turn({id, fields, blocks, reasoning}) {
    const view = this.turns.get(id);
    if (!view) return;
    view.update({fields, blocks, reasoning});
    if (fields?.verdict) this.announcer.say(`${fields.verdict.word}. ${fields.verdict.sentence}`);
    if (fields?.live === false) this.composer.setRunning(false);
  }

  on_console(message) {
    if (message.console == null && this.console.open) this.console.clear();
  }

  add(turn) {
    const view = new TurnView(turn, this.act);
    this.turns.set(turn.id, view);
    this.log.append(view.root);
    this.edge.prepend(view.now);
  }

  drop(id) {
    const {root, now} = this.turns.get(id);
    root.remove();
    now.remove();
    this.turns.delete(id);
  }

  showOlder(dropped) {
    this.older.hidden = !dropped;
    setText(this.older, `${dropped} older turn${dropped === 1 ? " is" : "s are"} no longer shown.`);
  }

  showPill({sign, state, word}) {
    if (this.pill.dataset.state === "connected" && state === "connecting") this.announcer.say(word);
    this.pill.dataset.state = state;
    setText(this.pill.firstChild, sign);
    this.word = word;
    this.tick();
  }

  tick() {
    super.tick();
    if (this.offline) {
      this.pill.dataset.state = "idle";
      return setText(this.pill.lastChild, "Unknown: this page is offline");
    }
    const last = [...this.turns.values()].at(-1);
    last?.tick();
    const silent = this.pill.dataset.state === "connected" ? (last?.silence() ?? 0) : 0;
    setText(this.pill.lastChild, (this.word ?? "Not connected") + (silent >= 2 ? `, silent for ${duration(silent)}` : ""));
    this.pill.classList.toggle("quiet", silent >= 5);
  }

  // Only the reader's own way up ends the following: a window that changes does not.
  scrolled() {
    const {scrollTop, scrollHeight, clientHeight} = this.log;
    if (scrollHeight - scrollTop - clientHeight < 48) this.follows = true;
    else if (scrollTop < this.top) this.follows = false;
    this.top = scrollTop;
    this.jump.hidden = this.follows;
  }

  toEnd() {
    this.log.scrollTop = this.log.scrollHeight;
    this.jump.hidden = true;
    this.follows = true;
  }
}

export function render({model, view}) {
  return mount(new Chat(model), {model, view});
}
