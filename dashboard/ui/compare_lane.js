// One lane: whom it asks, the answer as it grows, how it ended, its numbers.

class LaneView {
  constructor({lane, backend, refusal, turn, rows}, letter, pane) {
    this.id = lane;
    this.letter = letter;
    const {settings} = pane.model;
    this.backend = backend;
    this.select = el("select", {"aria-label": `Backend ${letter}`, onchange: () => pane.act({type: "use", lane, backend: this.select.value})});
    this.offer(settings.backends);
    this.stop = button("Stop", "stop", () => pane.act({type: "stop", lane}), {class: "ghost", hidden: true, title: `Stop ${letter} alone`});
    this.drop = button(`Remove ${letter}`, "failed", () => pane.act({type: "drop", lane}), {class: "ghost", quiet: true});
    this.body = el("div", {class: "lane-body", tabindex: 0, role: "region", "aria-label": `Answer of ${letter}, ${backend}`});
    this.foot = el("div", {class: "lane-foot"});
    this.numbers = el("dl", {class: "lane-numbers", hidden: true});
    this.root = el("article", {class: "lane", "aria-label": `${letter}, ${backend}`},
      el("div", {class: "lane-head"}, el("b", {class: "letter"}, letter), this.select, this.stop, this.drop),
      this.body, this.foot);
    this.body.addEventListener("scroll", () => { this.left = this.body.scrollHeight - this.body.scrollTop - this.body.clientHeight >= 40; });
    this.labels = settings.rows;
    this.values = this.labels.map(() => "–");
    this.marks = [];
    if (turn) this.begin(turn, rows, pane.act);
    else this.body.append(el("p", {class: refusal ? "refused" : "idle"}, refusal ? `Not asked: ${refusal}` : "Asked with the next question."));
  }

  // One that is gone stays in sight as what the answer is of, and cannot be chosen.
  offer(names) {
    const gone = names.includes(this.backend) ? [] : [el("option", {value: this.backend, disabled: true}, `${this.backend} (no longer configured)`)];
    this.select.replaceChildren(...gone, ...names.map((name) => el("option", {value: name}, name)));
    this.select.value = this.backend;
  }

  begin(turn, rows, act) {
    this.view = new TurnView(turn, act);
    const {view} = this;
    this.body.append(view.phases, view.reasoning, view.blocks, view.typing);
    this.foot.append(view.meter, view.verdict, this.numbers, view.actions);
    this.showRows(rows);
    this.showRunning(turn.fields.live);
  }

  get outcome() {
    return (this.foot.querySelector(".badge .word")?.textContent ?? "not asked").toLowerCase();
  }

  get running() {
    return this.view != null && !this.stop.hidden;
  }

  update({turn, rows}) {
    this.view.update(turn);
    if (rows) this.showRows(rows);
    if ("live" in turn.fields) this.showRunning(turn.fields.live);
    if (!this.left) this.body.scrollTop = this.body.scrollHeight;
  }

  showRunning(live) {
    this.stop.hidden = !live;
  }

  // The lanes may be chosen anew only while none of them streams.
  lock(running, least) {
    this.select.disabled = running;
    this.drop.hidden = running || least;
  }

  showRows(rows) {
    this.values = rows?.length ? rows : this.values;
    this.draw();
  }

  showMarks(marks) {
    this.marks = marks ?? [];
    this.draw();
  }

  draw() {
    this.numbers.hidden = !this.view;
    this.numbers.replaceChildren(...this.labels.map(([label, about], i) => {
      const mark = this.marks[i] ?? "";
      return el("div", {class: mark, title: about}, el("dt", {}, label),
        el("dd", {}, mark ? el("span", {class: "mark"}, mark) : null, el("span", {}, this.values[i])));
    }));
  }

  tick() {
    this.view?.tick();
  }
}
