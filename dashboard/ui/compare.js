// The compare pane: one question, a lane a backend, one clock.

const LETTERS = "ABCD";

class Compare extends Pane {
  constructor(model) {
    super(model, {placeholder: "Ask all of them…", stop: "Stop all", stops: "Stop every answer (Esc)"});
    this.lanes = new Map();
    this.timeline = new Timeline();
    this.asked = el("p", {class: "asked", dir: "auto", hidden: true});
    this.empty = el("div", {class: "empty"});
    this.place = el("div", {class: "lanes"});
    this.again = button("Ask again", "again", () => this.act({type: "again"}), {class: "ghost", hidden: true});
    this.more = button("Add a backend", "plus", () => this.act({type: "add"}), {class: "ghost"});
    this.root = el("section", {class: "compare", "aria-label": "Compare"},
      el("header", {}, el("div", {class: "who"}, el("b", {}, "Compare"), el("span", {class: "dialect"}, "one question, one clock")),
        this.again, this.more),
      this.banner, this.composer.root, this.asked, this.timeline.root, this.empty, this.place, this.announcer.root);
    this.describe();
  }

  describe() {
    const settings = this.model.settings;
    this.composer.limit = settings.question_chars ?? 8000;
    const examples = (settings.examples ?? []).map((text) =>
      el("button", {type: "button", class: "example", onclick: () => this.act({type: "ask", text})}, text));
    this.empty.replaceChildren(
      icon("compare"),
      el("h2", {}, "Ask once, and watch them side by side"),
      el("p", {}, "Every backend below is asked at the same moment. Each answer gets its verdict and its numbers; the best of a row is marked."),
      el("div", {class: "examples"}, ...examples));
    this.composer.typed();
    for (const lane of this.lanes.values()) lane.offer(settings.backends);
    this.showNotice(settings.notice);
  }

  on_full({lanes, question, elapsed_s, running, marks, draft, lost}) {
    if (lost && recall("compared")) {
      this.composer.say("The server no longer has this tab's comparison: it was restarted, or that was too long ago.");
    }
    remember("compared", question);
    this.lanes.clear();
    lanes.forEach((lane, i) => this.lanes.set(lane.lane, new LaneView(lane, LETTERS[i], this)));
    this.place.replaceChildren(...[...this.lanes.values()].map((lane) => lane.root));
    this.place.style.setProperty("--lanes", lanes.length);
    this.timeline.reset(lanes.map((lane, i) => ({...lane, letter: LETTERS[i]})), elapsed_s);
    this.asked.hidden = !question;
    setText(this.asked, question);
    this.empty.hidden = Boolean(question);
    this.again.hidden = !question;
    this.showRunning(running);
    this.showMarks(marks);
    if (draft) this.fill(draft);
  }

  on_begin(message) {
    this.composer.begun();
    this.on_full(message);
    this.announcer.say("Asked all of them.");
  }

  on_lane(message) {
    const lane = this.lanes.get(message.lane);
    if (!lane) return;
    lane.update(message);
    this.timeline.update(message.lane, message.course, message.turn.fields.verdict);
    if (message.marks) this.showMarks(message.marks);
    if ("running" in message) {
      this.showRunning(message.running);
      const ends = [...this.lanes.values()].map((each) => `${each.letter} ${each.outcome}`);
      this.announcer.say(`All answers have ended: ${ends.join(", ")}.`);
    }
  }

  // A question that another view handed over: filled in, and asked when the person says so.
  fill(text) {
    this.composer.area.value = text;
    this.composer.typed();
    this.composer.area.focus();
    this.act({type: "drafted"});
  }

  showRunning(running) {
    this.composer.setRunning(running);
    this.again.disabled = running;
    this.more.hidden = running || this.lanes.size >= this.model.settings.most;
    for (const lane of this.lanes.values()) lane.lock(running, this.lanes.size <= this.model.settings.least);
  }

  showMarks(marks) {
    [...this.lanes.values()].forEach((lane, i) => lane.showMarks(marks[i]));
  }

  tick() {
    super.tick();
    if (this.offline || !this.composer.running) return;
    for (const lane of this.lanes.values()) lane.tick();
    this.timeline.draw();
  }
}

export function render({model, view}) {
  return mount(new Compare(model), {model, view});
}
