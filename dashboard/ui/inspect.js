// Inspect: applies what the server sends in order, asks for all of it when something is missing.

class Inspect {
  constructor(model) {
    this.model = model;
    this.have = -1;
    this.act = (message) => model.send_msg(message);
    this.list = new TurnList(this.act);
    this.head = new Head(this.act);
    this.waterfall = new Waterfall((read, focus) => this.log.chooseRead(read, focus));
    this.log = new EventLog(this.act, (read) => this.waterfall.select(read));
    this.arrival = new Arrival();
    this.numbers = new Numbers();
    this.problem = el("div", {class: "problem", role: "alert", hidden: true});
    this.place = el("div", {class: "place"});
    this.detail = el("div", {class: "detail", hidden: true}, this.head.root, this.waterfall.root, this.log.root,
      el("div", {class: "pair"}, this.arrival.root, this.numbers.root));
    this.root = el("section", {class: "inspect", "aria-label": "Inspect"}, this.list.root,
      el("div", {class: "main"}, this.problem, this.place, this.detail));
  }

  receive(message) {
    if (message.kind !== "full" && message.r !== this.have + 1) return this.sync();
    this.have = message.r;
    this[`on_${message.kind}`]?.(message);
  }

  sync() {
    this.act({type: "sync", have: this.have});
  }

  on_full({turns, wanted, loading, subject, shown}) {
    this.wanted = wanted;
    this.turns = turns;
    this.list.show(turns, wanted);
    const what = loading ? "loading" : !subject ? (turns.length ? "choose" : "empty") : subject.kind === "unknown" ? "unknown" : "";
    this.place.replaceChildren(what ? placard(what, {wanted, turns: turns.length}) : "");
    this.detail.hidden = Boolean(what);
    this.root.dataset.chosen = Boolean(wanted);
    this.root.dataset.none = what === "empty";
    if (what) return;
    this.subject = subject;
    this.detail.dataset.kind = subject.kind;
    this.waterfall.clear();
    this.log.clear();
    this.log.root.hidden = !shown?.rows;
    this.showSmall(shown);
    this.waterfall.show(shown);
    this.log.show(shown);
  }

  on_more(fresh) {
    this.showSmall(fresh);
    this.waterfall.show(fresh, fresh.ticks_from);
    this.log.show(fresh);
  }

  showSmall(shown) {
    this.head.show(this.subject, shown);
    this.arrival.show(shown);
    this.numbers.show(shown);
  }

  on_list({turns}) {
    this.turns = turns;
    this.list.show(turns, this.wanted);
    const placard = this.place.querySelector(".placard.empty");
    if (placard && turns.length) this.sync(this.have = -1);
  }

  on_row(message) {
    this.log.showRow(message);
  }

  on_problem({text}) {
    this.problem.hidden = false;
    this.problem.replaceChildren(el("span", {}, text), button("Close", "failed", () => { this.problem.hidden = true; }, {quiet: true, class: "ghost"}));
  }
}

export function render({model, view}) {
  const inspect = new Inspect(model);
  model.on("msg:custom", (event) => inspect.receive(event.data ?? event));
  view.model.document?.on_event("client_reconnected", () => { inspect.have = -1; inspect.sync(); });
  model.on("after_render", () => inspect.sync());
  model.on("remove", () => inspect.waterfall.resized.disconnect());
  return inspect.root;
}
