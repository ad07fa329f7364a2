// Cards around the four Bokeh figures.

const NAMES = ["rate", "latency", "connection", "faults"];

export function render({model}) {
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
