// Waterfall: a row for each phase, a lane with a tick for every read, lines for what went wrong; one zoom for all.

const HELD = [["nothing that moves the answer on", "other"], ["heartbeat", "heart"], ["progress", "progress"], ["text", "text"]];
const LANE = 76;

class Waterfall {
  constructor(pick, help) {
    this.pick = pick;
    this.rows = el("div", {class: "bars"});
    this.axis = el("div", {class: "axis", "aria-hidden": "true"});
    this.lines = el("div", {class: "lines", "aria-hidden": "true"});
    this.canvas = el("canvas", {height: LANE});
    this.cursor = el("div", {class: "cursor", hidden: true});
    this.range = el("div", {class: "range", hidden: true});
    this.plot = el("div", {class: "lane", tabindex: 0, role: "application", "aria-roledescription": "timeline of reads",
      "aria-label": "Reads on the time axis. Left and right step through the reads, plus and minus zoom, 0 shows all, Enter finds the read in the log."},
    this.canvas, this.range, this.cursor, this.playhead = el("div", {class: "playhead", hidden: true}));
    this.about = el("p", {class: "read-about", role: "status"});
    this.legend = el("ul", {class: "legend", "aria-label": "Colours of the ticks"}, ...HELD.map(([label, key]) => el("li", {class: key}, label)));
    const tools = el("div", {class: "tools", role: "group", "aria-label": "Zoom"},
      button("Zoom out", "minus", () => this.zoom(2), {class: "ghost", quiet: true}),
      button("Zoom in", "plus", () => this.zoom(0.5), {class: "ghost", quiet: true}),
      button("Show all", null, () => this.fit(), {class: "ghost"}),
      button("Keys", null, help, {class: "ghost", title: "All keys (?)"}));
    this.note = el("p", {class: "small", hidden: true});
    this.reads = el("div", {class: "bar-row reads"}, el("div", {class: "bar-label"}, el("b", {}, "reads")), this.plot, el("div", {class: "bar-took"}));
    this.root = el("section", {class: "card waterfall", "aria-label": "Waterfall"},
      el("div", {class: "card-head"}, el("h2", {}, "Waterfall"), tools),
      el("div", {class: "chart"}, el("div", {class: "bar-row"}, el("div"), this.axis, el("div")), this.rows, this.reads, this.lines),
      this.about, this.legend, this.note);
    this.listen();
    this.clear();
  }

  clear({same = false} = {}) {
    this.ticks = {t: [], size: [], messages: [], characters: [], held: []};
    if (same) return;
    this.at = -1;
    this.follow = true;
    setText(this.about, "");
  }

  // Data: seconds for bars, milliseconds for ticks.
  show(shown, from = 0, total = 0) {
    if (!total) this.playhead.hidden = true;
    const last = this.ticks.t.length - 1;
    if (shown.ticks) for (const key of Object.keys(this.ticks)) {
      this.ticks[key].length = Math.min(from, this.ticks[key].length);
      for (const value of shown.ticks[key]) this.ticks[key].push(value);
    }
    [this.bars, this.marks, this.live] = [shown.bars ?? [], shown.marks ?? [], shown.live];
    this.known = total * 1000;
    this.newest = (shown.end ?? shown.now ?? 0) * 1000;
    this.total = Math.max(this.newest, this.known, 1);
    this.heardAt = performance.now();
    this.reads.hidden = !this.ticks.t.length && !shown.live;
    if (this.follow || last < 0) [this.from, this.to] = [0, this.total * 1.01];
    setText(this.reads.firstChild.firstChild, shown.reads ? `${shown.reads.toLocaleString("en")} read${shown.reads === 1 ? "" : "s"}` : "reads");
    const notes = [];
    if (shown.joined > 1) notes.push(`So many reads that ${shown.joined} neighbours share a tick.`);
    if (shown.left_out?.[0]) notes.push(`${shown.left_out[0].toLocaleString("en")} more phases are not drawn.`);
    if (shown.left_out?.[1]) notes.push(`${shown.left_out[1].toLocaleString("en")} more marks are not drawn.`);
    this.note.hidden = !notes.length;
    setText(this.note, notes.join(" "));
    this.root.hidden = !this.bars.length && !shown.live;
    this.drawRows();
    this.draw();
  }

  drawRows() {
    this.rows.replaceChildren(...this.bars.map(([phase, start, end, tone, note, about]) => {
      const bar = el("div", {class: `bar ${tone} ${phase.replace(/[^a-z]+/g, "-")}`});
      [bar.from, bar.to] = [start * 1000, end == null ? null : end * 1000];
      const took = end == null ? "…" : span((end - start) * 1000);
      const said = `${phase}${note ? `, ${note}` : ""}: ${end == null ? "still going on" : took}, from ${span(start * 1000)} after the request. ${about}`;
      return el("div", {class: "bar-row", title: said, tabindex: 0, "aria-label": said, role: "img"},
        el("div", {class: "bar-label"}, el("b", {}, phase), note ? el("span", {dir: "auto"}, note) : null),
        el("div", {class: "track"}, bar), el("div", {class: "bar-took"}, took));
    }));
  }

  x(ms) {
    return (ms - this.from) / (this.to - this.from);
  }

  draw() {
    if (this.pending) return;
    this.pending = requestAnimationFrame(() => {
      this.pending = 0;
      if (!this.bars || !this.root.isConnected) return;
      for (const bar of this.rows.querySelectorAll(".bar")) this.placeBar(bar);
      this.drawAxis();
      this.drawLines();
      this.drawTicks();
      this.drawCursor();
    });
  }

  placeBar(bar) {
    const left = Math.max(-0.01, this.x(bar.from)), right = Math.min(1.01, this.x(bar.to ?? this.newest));
    bar.hidden = right < 0 || left > 1;
    bar.style.left = `${left * 100}%`;
    bar.style.width = `max(2px, ${Math.max(0, right - left) * 100}%)`;
  }

  drawAxis() {
    const wanted = (this.to - this.from) / Math.max(2, this.axis.clientWidth / 110);
    const base = 10 ** Math.floor(Math.log10(wanted));
    const step = [1, 2, 5, 10].map((each) => each * base).find((each) => each >= wanted);
    const labels = [];
    const last = this.to - (this.to - this.from) * Math.min(0.2, 44 / Math.max(1, this.axis.clientWidth)); // a label needs room
    for (let at = Math.ceil(this.from / step) * step; at <= last && labels.length < 40; at += step) {
      const label = el("span", {}, axisLabel(at, step));
      label.style.left = `${this.x(at) * 100}%`;
      labels.push(label);
    }
    this.axis.replaceChildren(...labels);
  }

  drawLines() {
    const lines = this.marks.filter(([, at]) => this.x(at * 1000) >= 0 && this.x(at * 1000) <= 1).map(([kind, at, tone, note]) => {
      const line = el("i", {class: `line ${tone}`, title: `${kind}${note ? `: ${note}` : ""} at ${span(at * 1000)}`});
      line.style.left = `${this.x(at * 1000) * 100}%`;
      return line;
    });
    this.lines.replaceChildren(...lines);
  }

  // One column of pixels at a time, so that ten thousand reads cost no more than the width.
  drawTicks() {
    const width = Math.max(1, this.plot.clientWidth), ratio = window.devicePixelRatio || 1;
    this.canvas.width = Math.round(width * ratio);
    this.canvas.height = LANE * ratio;
    const pen = this.canvas.getContext("2d");
    pen.scale(ratio, ratio);
    const colours = HELD.map(([, key]) => getComputedStyle(this.root).getPropertyValue(`--${key}`));
    const {t, size, held} = this.ticks;
    const most = Math.log(2 + size.reduce((a, b) => Math.max(a, b), 0));
    const thick = t.length > width / 3 ? 1 : 1.5;
    const tall = HELD.map(() => new Float32Array(width + 1));
    for (let i = this.first(this.from); i < t.length && t[i] <= this.to; i++) {
      const column = Math.min(width, Math.max(0, Math.round(this.x(t[i]) * width)));
      const high = 8 + (LANE - 14) * Math.log(2 + size[i]) / most;
      if (high > tall[held[i]][column]) tall[held[i]][column] = high;
    }
    tall.forEach((columns, kind) => {
      pen.fillStyle = colours[kind];
      columns.forEach((high, column) => high && pen.fillRect(column - thick / 2, LANE - high, thick, high));
    });
  }

  // What goes on grows while nothing arrives, too; `position` is where a replay stands, in seconds.
  grow(position) {
    this.playhead.hidden = position == null || this.x(position * 1000) > 1;
    if (!this.playhead.hidden) this.playhead.style.left = `${this.x(position * 1000) * 100}%`;
    if (!this.live) return;
    this.newest = Math.max(this.newest, position == null ? this.newest + performance.now() - this.heardAt : position * 1000);
    this.heardAt = performance.now();
    this.total = Math.max(this.newest, this.known, 1);
    if (this.follow) this.to = this.total * 1.01;
    this.draw();
  }

  drawCursor() {
    this.cursor.hidden = this.at < 0 || this.at >= this.ticks.t.length;
    if (this.at >= this.ticks.t.length) return;
    if (this.at >= 0) this.cursor.style.left = `${this.x(this.ticks.t[this.at]) * 100}%`;
    this.cursor.hidden ||= this.x(this.ticks.t[this.at]) < 0 || this.x(this.ticks.t[this.at]) > 1;
  }

  // The first read at or after a moment, by halving.
  first(ms) {
    const t = this.ticks.t;
    let low = 0, high = t.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (t[middle] < ms) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  select(i, {keep = false} = {}) {
    const t = this.ticks.t;
    if (!t.length) return;
    this.at = Math.min(t.length - 1, Math.max(0, i));
    if (!keep && (t[this.at] < this.from || t[this.at] > this.to)) this.look(t[this.at] - (this.to - this.from) / 2, this.to - this.from);
    const {size, messages, characters, held} = this.ticks;
    const gap = this.at ? `, ${span(t[this.at] - t[this.at - 1])} after the one before` : "";
    setText(this.about, `Read ${(this.at + 1).toLocaleString("en")} of ${t.length.toLocaleString("en")} at ${span(t[this.at])}${gap}: ` +
      `${size[this.at].toLocaleString("en")} bytes, ${messages[this.at]} message${messages[this.at] === 1 ? "" : "s"}, ` +
      `${characters[this.at]} characters of text (${HELD[held[this.at]][0]})`);
    this.draw();
  }

  look(from, width) {
    const most = this.total * 1.01;
    width = Math.min(most, Math.max(width, Math.min(most, 1)));
    this.from = Math.min(Math.max(0, from), most - width);
    this.to = this.from + width;
    this.follow = width >= most;
    this.draw();
  }

  fit() {
    this.look(0, this.total * 1.01);
  }

  zoom(by, around = this.at >= 0 && this.x(this.ticks.t[this.at]) >= 0 && this.x(this.ticks.t[this.at]) <= 1 ? this.ticks.t[this.at] : (this.from + this.to) / 2) {
    const width = (this.to - this.from) * by;
    this.look(around - (around - this.from) * by, width);
  }

  time(event) {
    const box = this.plot.getBoundingClientRect();
    return this.from + (event.clientX - box.left) / box.width * (this.to - this.from);
  }

  near(ms) {
    const i = this.first(ms), t = this.ticks.t;
    return i > 0 && (i >= t.length || ms - t[i - 1] < t[i] - ms) ? i - 1 : i;
  }

  listen() {
    this.plot.addEventListener("keydown", (event) => this.key(event));
    this.plot.addEventListener("pointerdown", (event) => { this.down = this.time(event); this.plot.setPointerCapture(event.pointerId); });
    this.plot.addEventListener("pointermove", (event) => this.drag(event));
    this.plot.addEventListener("pointerup", (event) => this.drop(event));
    this.plot.addEventListener("pointercancel", () => { this.down = null; this.range.hidden = true; });
    this.plot.addEventListener("dblclick", () => this.fit());
    this.plot.addEventListener("wheel", (event) => {
      if (!event.ctrlKey && !event.metaKey) return;
      event.preventDefault();
      this.zoom(event.deltaY > 0 ? 1.3 : 1 / 1.3, this.time(event));
    }, {passive: false});
    this.resized = new ResizeObserver(() => this.draw());
    this.resized.observe(this.plot);
  }

  drag(event) {
    if (this.down == null) return;
    const [a, b] = [this.down, this.time(event)].sort((x, y) => x - y);
    this.range.hidden = this.x(b) - this.x(a) < 0.01;
    this.range.style.left = `${this.x(a) * 100}%`;
    this.range.style.width = `${(this.x(b) - this.x(a)) * 100}%`;
  }

  drop(event) {
    const [a, b] = [this.down ?? 0, this.time(event)].sort((x, y) => x - y);
    const dragged = !this.range.hidden && this.down != null;
    this.down = null;
    this.range.hidden = true;
    if (dragged) return this.look(a, b - a);
    this.select(this.near(this.time(event)));
    this.pick(this.at);
  }

  key(event) {
    const step = event.shiftKey ? 10 : 1;
    const does = {
      ArrowRight: () => this.select(this.at + step), ArrowLeft: () => this.select(this.at < 0 ? 0 : this.at - step),
      Home: () => this.select(0), End: () => this.select(this.ticks.t.length - 1),
      "+": () => this.zoom(0.5), "=": () => this.zoom(0.5), "-": () => this.zoom(2), 0: () => this.fit(),
      Enter: () => this.at >= 0 && this.pick(this.at, true),
    }[event.key];
    if (!does || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    does();
  }
}

function span(ms) {
  if (ms < 0.9995) return `${+(ms).toFixed(2)} ms`;
  if (ms < 999.5) return `${+ms.toPrecision(3)} ms`;
  if (ms < 60000) return `${(ms / 1000).toFixed(ms < 10000 ? 2 : 1)} s`;
  return `${Math.floor(ms / 60000)} min ${Math.round(ms % 60000 / 1000)} s`;
}

function axisLabel(ms, step) {
  if (step < 1) return `${+ms.toFixed(3)} ms`;
  return step < 1000 && ms < 1000 && ms > 0 ? `${Math.round(ms)} ms` : `${+(ms / 1000).toFixed(step < 10 ? 3 : step < 100 ? 2 : 1)} s`;
}
