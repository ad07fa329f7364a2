// Six number cards in one grid.

export function render({model, view}) {
  const parts = new Map();
  const grid = el("div", {class: "cards", role: "group", "aria-label": "Numbers"}, ...model.cards.map((card) => {
    const value = el("span", {class: "value"}, "–"), unit = el("span", {class: "unit"}), sub = el("div", {class: "sub"}, " ");
    const tip = el("div", {class: "tip", role: "tooltip", id: `about-${card.key}`}, card.about);
    const dot = el("i", {class: "dot", "aria-hidden": "true"});
    dot.style.background = card.colour;
    const root = el("div", {class: "card", tabindex: 0, role: "group", "data-card": card.key, "aria-label": card.label,
      "aria-describedby": `about-${card.key}`},
      el("div", {class: "label"}, dot, card.label), el("div", {class: "line"}, value, unit), sub, tip);
    parts.set(card.key, {value, unit, sub, root});
    return root;
  }));
  const draw = (values) => {
    for (const [key, [value, unit, sub, unwell]] of Object.entries(values)) {
      const part = parts.get(key);
      setText(part.value, value);
      setText(part.unit, unit);
      setText(part.sub, sub);
      part.root.classList.toggle("unwell", unwell);
      part.value.classList.toggle("long", value.length > 6);
    }
  };
  draw(model.values);
  let fresh;
  listen(model, view, (values) => {
    if (!fresh) {
      alongside(() => {
        draw(fresh);
        fresh = undefined;
      });
    }
    fresh = {...fresh, ...values};
  });
  model.on("after_render", bare);
  return grid;
}
