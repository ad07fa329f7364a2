// Cards around the four Bokeh figures.

const NAMES = ["rate", "latency", "connection", "faults"];

const two = (n) => String(n).padStart(2, "0");

// The reader's own time of day, with seconds where one of the ticks needs them.
function timesOfDay(ticks) {
  const times = ticks.map((tick) => new Date(tick));
  const whole = times.every((time) => time.getSeconds() === 0);
  return times.map((time) => two(time.getHours()) + ":" + two(time.getMinutes()) + (whole ? "" : ":" + two(time.getSeconds())));
}

// All lines in one go: Bokeh writes NaN for a gap before any formatter is asked.
function hovered({source, lines, unit, digits}, t, row) {
  const told = lines.map(([word, name]) => {
    const measured = source.data[name][row];
    return word + "\t" + (Number.isFinite(measured) ? measured.toFixed(digits) + unit : "–");
  });
  return [new Date(t).toLocaleTimeString([], {hour12: false}), ...told].join("\n");
}

// Bokeh's own ways to give a formatter code make functions of text, which the page's policy forbids.
function format(figure) {
  for (const axis of figure.below) axis.formatter.doFormat = timesOfDay;
  for (const tool of figure.toolbar.tools) {
    const hover = tool.formatters["@t"];
    hover.format = (t, _format, {index}) => hovered(hover.args, t, index);
  }
}

export function render({model, view}) {
  for (const name of NAMES) format(view.model.data[name]);
  const covers = new Map();
  const board = el("div", {class: "board"}, ...NAMES.map((name) => {
    const about = model.about[name];
    const legend = about.legend.map(([word, colour]) => {
      const dot = el("i", {class: "dot", "aria-hidden": "true"});
      dot.style.background = colour;
      return el("span", {class: "key"}, dot, word);
    });
    const cover = el("div", {class: "cover"}, el("span", {}, about.empty));
    covers.set(name, cover);
    return el("figure", {class: `chart ${name}`, "aria-label": [about.title, about.unit].filter(Boolean).join(", ")},
      el("figcaption", {tabindex: 0, title: about.about, "aria-description": about.about},
        el("b", {}, about.title), about.unit ? el("span", {class: "unit"}, about.unit) : null, el("span", {class: "legend"}, ...legend)),
      el("div", {class: "plot"}, model.get_child(name), cover));
  }));
  const draw = () => {
    for (const [name, cover] of covers) cover.hidden = !model.empty.includes(name);
  };
  draw();
  model.on("empty", draw);
  return board;
}
