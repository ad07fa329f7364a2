// A small timeline: one row a turn, all on one clock; seconds since the question.

const SPAN_WORDS = {place: "waits for a place", connecting: "connecting", waiting: "waiting for text", answering: "text",
  stalled: "stalled", backing_off: "waits to try again"};
const SCALES = [1, 2, 4, 6, 8, 10, 20, 30, 40, 60, 120, 300, 600, 1200, 1800, 3600];

function svg(tag, props, ...children) {
  const node = document.createElementNS(SVG, tag);
  for (const [key, value] of Object.entries(props)) node.setAttribute(key, value);
  node.append(...children);
  return node;
}

class TimelineRow {
  constructor(letter, name) {
    this.spans = [];
    this.ticks = [];
    this.end = null;
    this.name = name;
    this.bars = svg("g", {});
    this.marks = svg("path", {class: "ticks", "vector-effect": "non-scaling-stroke"});
    this.stop = svg("path", {class: "end", "vector-effect": "non-scaling-stroke"});
    this.plot = svg("svg", {class: "course", role: "img", preserveAspectRatio: "none"}, this.bars, this.marks, this.stop);
    this.said = el("span", {class: "said"});
    this.root = el("div", {class: "timeline-row"}, el("span", {class: "row-name", title: name}, el("b", {class: "letter"}, letter), el("span", {class: "name"}, name)),
      this.plot, this.said);
  }

  update({spans, ticks, end}) {
    this.spans.splice(spans.from, Infinity, ...spans.list);
    this.ticks.splice(ticks.from, Infinity, ...ticks.list);
    this.end = end;
    if (ticks.list.length) this.marks.setAttribute("d", this.ticks.map((t) => `M${t} 1V9`).join(""));
    if (end != null) this.stop.setAttribute("d", `M${end} 0V10`);
  }

  // How it ended, as its badge says.
  judge(tone) {
    this.tone = tone;
    for (const node of [this.stop, this.said]) {
      for (const each of ["bad", "warn"]) node.classList.toggle(each, each === tone);
    }
  }

  // `now` closes what still lasts; a bar too thin for the eye is not drawn.
  draw(scale, now) {
    const spans = this.spans.map(([kind, from, to]) => [kind, from, to ?? now]).filter(([kind, from, to]) => to - from > (kind === "place" ? 0.05 : scale / 2000));
    this.plot.setAttribute("viewBox", `0 0 ${scale} 10`);
    this.bars.replaceChildren(...spans.map(([kind, from, to]) =>
      svg("rect", {class: kind, x: from, width: to - from, y: kind === "stalled" ? 1 : 3, height: kind === "stalled" ? 8 : 4},
        svg("title", {}, `${this.name}: ${SPAN_WORDS[kind]} for ${duration(to - from)}, from ${duration(from)} on`))));
    this.last = this.end ?? now;
    setText(this.said, this.end == null ? `${duration(now)} …` : `${this.tone === "bad" ? "✕ " : ""}${duration(this.end)}`);
    const told = spans.map(([kind, from, to]) => `${SPAN_WORDS[kind]} ${duration(to - from)}`).join(", ");
    this.plot.setAttribute("aria-label", `${this.name}: ${told}${this.end == null ? "" : `; ended after ${duration(this.end)}`}`);
    return new Set(spans.map(([kind]) => kind));
  }
}

class Timeline {
  constructor() {
    this.rows = new Map();
    this.axis = el("div", {class: "axis", "aria-hidden": "true"});
    this.legend = el("div", {class: "timeline-legend"});
    this.place = el("div", {class: "timeline-rows"});
    this.root = el("figure", {class: "timeline", "aria-label": "Course of the answers on one clock", hidden: true}, this.place,
      el("div", {class: "timeline-row axis-row"}, el("span", {class: "row-name"}, "since asked"), this.axis, el("span", {class: "said"})),
      this.legend);
  }

  // elapsed: seconds since all were asked, at this moment.
  reset(lanes, elapsed) {
    this.began = performance.now() - elapsed * 1000;
    this.rows.clear();
    for (const {lane, backend, turn, course, letter} of lanes) {
      if (!turn) continue;
      const row = new TimelineRow(letter, backend);
      row.update(course);
      if (turn.fields.verdict) row.judge(turn.fields.verdict.tone);
      this.rows.set(lane, row);
    }
    this.place.replaceChildren(...[...this.rows.values()].map((row) => row.root));
    this.root.hidden = !this.rows.size;
    this.draw();
  }

  update(lane, course, verdict) {
    this.rows.get(lane)?.update(course);
    if (verdict) this.rows.get(lane)?.judge(verdict.tone);
    this.draw();
  }

  draw() {
    const rows = [...this.rows.values()];
    if (!rows.length) return;
    const now = (performance.now() - this.began) / 1000;
    const most = Math.max(...rows.map((row) => row.end ?? now));
    const scale = SCALES.find((each) => each >= most) ?? Math.ceil(most / 3600) * 3600;
    const kinds = new Set();
    for (const row of rows) for (const kind of row.draw(scale, now)) kinds.add(kind);
    if (this.scale !== scale) {
      this.scale = scale;
      this.axis.replaceChildren(...[0, 0.25, 0.5, 0.75, 1].map((part) => el("span", {}, `${+(part * scale).toFixed(2)} s`)));
    }
    const key = [...kinds].join();
    if (this.kinds === key) return;
    this.kinds = key;
    this.legend.replaceChildren(...[...kinds].map((kind) => el("span", {class: "key"}, el("i", {class: `swatch ${kind}`}), SPAN_WORDS[kind])));
  }
}
