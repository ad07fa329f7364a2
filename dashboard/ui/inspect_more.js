// How the text arrived, and the numbers, each with its definition: on hover, on focus, or all of them in text.

class Arrival {
  constructor() {
    this.bins = el("div", {class: "bins", role: "img"});
    this.facts = el("dl", {class: "stats"});
    this.root = el("section", {class: "card arrival", "aria-label": "Arrival"},
      el("div", {class: "card-head"}, el("h2", {}, "Gaps between text chunks"), definitions(() => this.root)), this.bins, this.facts);
  }

  show({gaps, arrival}) {
    const used = (gaps ?? []).map(([, n], i) => n ? i : -1).filter((i) => i >= 0);
    const shown = used.length ? gaps.slice(used[0], used.at(-1) + 1) : [];
    const most = Math.max(1, ...shown.map(([, n]) => n));
    this.bins.setAttribute("aria-label", shown.length ? `Gaps: ${shown.map(([label, n]) => `${label}: ${n}`).join(", ")}` : "No gaps");
    this.bins.replaceChildren(...shown.map(([label, n]) => {
      const bar = el("i", {class: label.startsWith("0") ? "zero" : ""});
      bar.style.width = `${n ? Math.max(0.5, n / most * 100) : 0}%`;
      return el("div", {class: "bin"}, el("span", {class: "edge"}, label), el("span", {class: "stick"}, bar), el("span", {class: "n"}, n.toLocaleString("en")));
    }));
    if (!shown.length) this.bins.replaceChildren(el("p", {class: "hint"}, gaps ? "Fewer than two chunks of text: no gap between them." : "The gaps are not kept, only the numbers."));
    this.facts.replaceChildren(...(arrival ?? []).map(stat));
  }
}

class Numbers {
  constructor() {
    this.list = el("dl", {class: "stats"});
    this.root = el("section", {class: "card numbers-card", "aria-label": "Numbers"},
      el("div", {class: "card-head"}, el("h2", {}, "Numbers"), definitions(() => this.root)), this.list);
  }

  show({numbers}) {
    this.list.replaceChildren(...(numbers ?? []).map(stat));
  }
}

function stat([label, value, about]) {
  return el("div", {class: "stat", title: about}, el("dt", {}, label), el("dd", {}, value), el("dd", {class: "definition"}, about));
}

function definitions(root) {
  const toggle = el("button", {type: "button", class: "ghost", "aria-pressed": "false", onclick: () => {
    const on = root().classList.toggle("defined");
    toggle.setAttribute("aria-pressed", String(on));
  }}, "Definitions");
  return toggle;
}
