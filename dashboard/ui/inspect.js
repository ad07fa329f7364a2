// Inspect: applies what the server sends in order, asks for all of it when something is missing (see Pane).

// What a pane says to the person, and where "/" leads: here a notice, and the search of the log.
class Composer {
  constructor() {
    this.area = el("input", {type: "search", placeholder: "Search", "aria-label": "Search the events", autocomplete: "off"});
    this.words = el("span", {});
    this.note = el("div", {class: "notice", role: "alert", hidden: true}, this.words,
      button("Dismiss", "failed", () => this.say(""), {class: "ghost", quiet: true}));
  }

  say(text, tone = "warn") {
    setText(this.words, text);
    this.note.hidden = !text;
    this.note.dataset.tone = tone;
    if (text) this.note.scrollIntoView({block: "nearest"});
  }

  typed() {
    this.area.dispatchEvent(new Event("input"));
  }
}

const LOOKING_KEYS = [["/", "puts the cursor into the search"], ["↑ ↓", "in the events: the row before, the next; also Page, Home and End"],
  ["← →", "in the reads: the read before, the next; with Shift ten at once"], ["+ −", "in the reads: zooms in and out; 0 shows all"],
  ["Enter", "in the reads: finds the read in the events"], ["drag", "over the reads: zooms to what was dragged over; a double click shows all"]];

class Inspect extends Pane {
  constructor(model) {
    super(model, {}, new Help(LOOKING_KEYS));
    this.opener = new Opener(this.act, (text, tone) => this.composer.say(text, tone));
    this.list = new TurnList(this.act, this.opener.root);
    this.player = new PlayerBar(this.act);
    this.head = new Head(this.act, this.player.root);
    this.waterfall = new Waterfall((read, focus) => this.log.chooseRead(read, focus), () => this.help.show());
    this.log = new EventLog(this.act, this.composer.area, (read) => this.waterfall.select(read));
    this.arrival = new Arrival();
    this.numbers = new Numbers();
    this.client = new ClientCard(this.act);
    this.export = new ExportCard(this.act);
    this.place = el("div", {class: "place"});
    this.detail = el("div", {class: "detail", hidden: true}, this.head.root, this.waterfall.root, this.log.root,
      el("div", {class: "pair"}, this.arrival.root, this.numbers.root), this.client.root, this.export.root);
    this.root = el("section", {class: "inspect", "aria-label": "Inspect"}, this.list.root,
      el("div", {class: "main"}, this.banner, this.composer.note, this.place, this.detail), this.help.root, this.announcer.root);
    this.opener.accept(this.root);
  }

  describe() {}

  on_full({turns, wanted, loading, subject, shown, player}) {
    Object.assign(this, {wanted, turns, subject});
    const what = loading ? "loading" : !subject ? (turns.length ? "choose" : "empty") : subject.kind === "unknown" ? "unknown" : "";
    this.list.show(turns, wanted);
    this.place.replaceChildren(what ? placard(what, {wanted, turns: turns.length, act: this.act}) : "");
    this.detail.hidden = Boolean(what);
    this.root.dataset.chosen = Boolean(wanted || loading || subject);
    if (what) return;
    this.detail.dataset.kind = subject.kind;
    const same = this.shownTurn === `${subject.kind === "live" ? "turn" : subject.kind} ${subject.turn} ${subject.name}`;
    this.shownTurn = `${subject.kind === "live" ? "turn" : subject.kind} ${subject.turn} ${subject.name}`;
    this.waterfall.clear({same});
    this.log.clear({same});
    if (!same) [this.client, this.export].forEach((card) => card.clear());
    this.log.root.hidden = !shown?.rows;
    this.client.root.hidden = this.player.root.hidden = !subject.playable;
    this.export.root.hidden = !shown?.rows;
    this.player.show(player);
    this.shown = {};
    if (shown) this.showFresh(shown, 0);
  }

  on_more({shown, player}) {
    this.player.show(player);
    if (shown) this.showFresh(shown, shown.ticks_from);
    this.waterfall.grow(this.player.state ? this.player.position : null);
  }

  // Of what is small only what changed is sent; of reads and events only what is new.
  showFresh(fresh, from) {
    const ran = this.shown.live;
    const shown = Object.assign(this.shown, fresh);
    if (ran && shown.verdict) this.announcer.say(`${shown.verdict.word}. ${shown.verdict.sentence}`);
    this.head.show(this.subject, shown, this.player.state);
    this.arrival.show(shown);
    this.numbers.show(shown);
    this.waterfall.show(shown, from, this.player.state?.total);
    this.log.show(shown);
  }

  on_player({player}) {
    this.player.show(player);
  }

  on_list({turns}) {
    this.turns = turns;
    this.list.show(turns, this.wanted);
    if (this.place.querySelector(".placard.empty") && turns.length) this.place.replaceChildren(placard("choose", {wanted: "", turns: turns.length, act: this.act}));
  }

  on_row(message) {
    this.log.showRow(message);
  }

  on_client(message) {
    this.client.show(message);
  }

  on_preview(message) {
    this.export.show(message);
  }

  on_file(message) {
    this.export.take(message);
  }

  on_uploaded() {
    this.opener.done();
  }

  tick() {
    super.tick();
    if (this.player.state?.playing) this.player.draw();
    this.waterfall.grow(this.player.state ? this.player.position : null);
  }
}

export function render({model, view}) {
  const inspect = new Inspect(model);
  model.on("remove", () => inspect.waterfall.resized.disconnect());
  return mount(inspect, {model, view});
}
