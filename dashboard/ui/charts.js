// Cards around the four Bokeh figures; above them what happened in the window, and the reader's choices.

const NAMES = ["rate", "latency", "connection", "faults"];
const NEAR = 0.012; // of the window's span: a mark so far from the pointer is still meant
const SIGNS = {
  x: "M2.2 2.2l5.6 5.6M7.8 2.2L2.2 7.8",
  diamond: "M5 .6L9 5 5 9.4 1 5z",
  triangle: "M5 1.2l4.2 7.4H.8z",
  square: "M1.6 1.6h6.8v6.8H1.6z",
  circle: "M5 1a4 4 0 1 0 0 8 4 4 0 0 0 0-8z",
};

const two = (n) => String(n).padStart(2, "0");
const timeOfDay = (t) => new Date(t).toLocaleTimeString([], {hour12: false});

// The reader's own time of day, with seconds where one of the ticks needs them.
function timesOfDay(ticks) {
  const times = ticks.map((tick) => new Date(tick));
  const whole = times.every((time) => time.getSeconds() === 0);
  return times.map((time) => two(time.getHours()) + ":" + two(time.getMinutes()) + (whole ? "" : ":" + two(time.getSeconds())));
}

// [how many, word, sign, colour] of each thing that happened in these rows of the marks' source.
function tell(happened, marks, rows) {
  return happened.map(([name, one, more, sign, colour]) => {
    const n = rows.reduce((sum, row) => sum + marks.data[name][row], 0);
    return [n, n === 1 ? one : more, sign, colour];
  }).filter(([n]) => n > 0);
}

function nearest(marks, t, within) {
  let found = -1;
  marks.data.t.forEach((at, row) => {
    if (Math.abs(at - t) <= Math.min(within, found < 0 ? within : Math.abs(marks.data.t[found] - t))) found = row;
  });
  return found;
}

// All lines in one go: Bokeh writes NaN for a gap before any formatter is asked.
function hovered({source, marks, range, happened, lines, unit, digits}, t, row) {
  const told = lines.map(([word, name]) => {
    const measured = source.data[name][row];
    return word + "\t" + (Number.isFinite(measured) ? measured.toFixed(digits) + unit : "–");
  });
  const near = nearest(marks, t, (range.end - range.start) * NEAR);
  const what = near < 0 ? [] : tell(happened, marks, [near]).map(([n, word]) => `${n} ${word}`);
  return [timeOfDay(t) + (what.length ? ": " + what.join(", ") : ""), ...told].join("\n");
}

// Bokeh's own ways to give a formatter code make functions of text, which the page's policy forbids.
function format(figure) {
  let args;
  for (const axis of figure.below) axis.formatter.doFormat = timesOfDay;
  for (const tool of figure.toolbar.tools) {
    const hover = tool.formatters["@t"];
    args = hover.args;
    hover.format = (t, _format, {index}) => hovered(hover.args, t, index);
  }
  return args;
}

function sign(name, colour) {
  const svg = icon("plus");
  svg.setAttribute("viewBox", "0 0 10 10");
  svg.setAttribute("class", `sign ${name}`);
  svg.firstChild.setAttribute("d", SIGNS[name]);
  svg.style.color = colour;
  return svg;
}

// What happened in the window in words: the marks' legend, and what they say to somebody who does not see them.
class Happened {
  constructor(args, about) {
    this.args = args;
    this.list = el("ul", {class: "happened", "aria-label": "In this window", title: about});
    this.draw();
  }

  draw() {
    const {marks, range, happened} = this.args;
    const told = tell(happened, marks, [...marks.data.t.keys()].filter((row) => marks.data.t[row] >= range.start));
    const said = JSON.stringify(told);
    if (said === this.said) return;
    this.said = said;
    this.list.replaceChildren(...(told.length
      ? told.map(([n, word, name, colour]) => el("li", {}, sign(name, colour), el("b", {}, n.toLocaleString("en")), ` ${word}`))
      : [el("li", {class: "nothing"}, "No turn ended in this window")]));
  }
}

function controls(model) {
  const windows = model.windows.map(([key, label]) =>
    el("button", {type: "button", "data-window": key, onclick: () => model.send_msg({type: "window", window: key})}, label));
  const word = el("span", {});
  const pause = el("button", {type: "button", class: "pause", onclick: () => model.send_msg({type: "pause", paused: !model.paused})},
    icon("stalled"), icon("play"), word);
  const draw = () => {
    for (const each of windows) each.setAttribute("aria-pressed", String(each.dataset.window === model.window));
    pause.classList.toggle("on", model.paused);
    pause.setAttribute("aria-label", model.paused ? "Go on with the charts" : "Pause charts");
    setText(word, model.paused ? "Go on" : "Pause");
  };
  draw();
  model.on("window", draw);
  model.on("paused", draw);
  return el("div", {class: "controls"}, el("div", {class: "windows", role: "group", "aria-label": "Window"}, ...windows), pause);
}

function card(model, name, covers, places) {
  const about = model.about[name];
  const legend = about.legend.map(([word, colour]) => {
    const dot = el("i", {class: "dot", "aria-hidden": "true"});
    dot.style.background = colour;
    return el("span", {class: "key"}, dot, word);
  });
  const cover = el("div", {class: "cover"}, el("span", {}, about.empty));
  const plot = el("div", {class: "plot"}, model.get_child(name), cover);
  covers.set(name, cover);
  places.set(name, plot);
  return el("figure", {class: `chart ${name}`, "aria-label": [about.title, about.unit].filter(Boolean).join(", ")},
    el("figcaption", {tabindex: 0, title: about.about, "aria-description": about.about},
      el("b", {}, about.title), about.unit ? el("span", {class: "unit"}, about.unit) : null, el("span", {class: "legend"}, ...legend)),
    plot);
}

// Bokeh lets Tab stop at a plot, for tools that are not there. Returns how many plots it has found.
function passOver(root) {
  let found = 0;
  for (const each of root.querySelectorAll("*")) {
    if (each.matches(".bk-events")) {
      each.tabIndex = -1;
      found++;
    }
    if (each.shadowRoot) found += passOver(each.shadowRoot);
  }
  return found;
}

// Bokeh writes each renderer's place into a style sheet of its own at every paint, mostly the same again; what is written
// makes all styles of the page stale, and the next colour that it looks up computes them anew.
function writeSheetsOnce() {
  const sheet = Bokeh.require("core/dom").InlineStyleSheet.prototype;
  const update = sheet._update;
  if (!update || update.once) return;
  sheet._update = function (css) {
    if (this.el.textContent !== css) update.call(this, css);
  };
  sheet._update.once = true;
}

// Gaps come as null.
function measured(columns) {
  return Object.fromEntries(Object.entries(columns).map(([name, column]) => [name, column.map((value) => value ?? NaN)]));
}

function takeMarks(source, {all, add, keeps}) {
  if (all) source.setv({data: all}, {sync: false});
  else source.stream(add, keeps, {sync: false});
}

export function render({model, view}) {
  writeSheetsOnce();
  const [args] = NAMES.map((name) => format(view.model.data[name]));
  const covers = new Map(), places = new Map();
  const happened = new Happened(args, model.marks_about);
  const still = el("span", {class: "still", role: "status"});
  const board = el("div", {class: "board"},
    el("div", {class: "top"}, happened.list, still, controls(model)), ...NAMES.map((name) => card(model, name, covers, places)));
  const draw = () => {
    board.classList.toggle("paused", model.paused);
    setText(still, model.paused ? `Paused at ${timeOfDay(args.source.data.t.at(-1))}` : "");
  };
  draw();
  const plots = Object.fromEntries(NAMES.map((name) => [name, view.get_child_view(view.model.data[name])]));
  const painter = new Painter(plots, args.source, args.range);
  painter.watch(places);
  let passed = 0;
  const timer = setInterval(() => {
    if (document.hidden) return;
    happened.draw();
    if (passed < NAMES.length) passed = passOver(board);
  }, 1000);
  listen(model, view, ({rows, marks, empty}) => {
    if (marks) takeMarks(args.marks, marks);
    if (rows) painter.take(rows);
    if (empty) {
      for (const [name, cover] of covers) {
        cover.hidden = !empty.includes(name);
        painter.cover(name, !cover.hidden);
      }
    }
  });
  model.on("paused", draw);
  model.on("remove", () => {
    clearInterval(timer);
    painter.end();
  });
  return board;
}
