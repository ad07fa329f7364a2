// The folded event console: fed only while it is open, at most `lines` rows.

class ConsoleView {
  constructor(most, act) {
    this.most = most;
    this.rows = el("div", {class: "rows", role: "log", "aria-label": "Events as they arrived", "aria-live": "off", tabindex: 0});
    this.about = el("span", {class: "about"}, "what arrives, as it arrives");
    this.root = el("details", {class: "console"},
      el("summary", {}, icon("chevron"), el("span", {}, "Events"), this.about), this.rows);
    this.root.addEventListener("toggle", () => {
      this.clear();
      act({type: "console", open: this.root.open});
    });
  }

  get open() {
    return this.root.open;
  }

  clear() {
    this.rows.replaceChildren();
    setText(this.about, "what arrives, as it arrives");
  }

  append({lines, written, dropped}) {
    const follows = this.rows.scrollHeight - this.rows.scrollTop - this.rows.clientHeight < 40;
    this.rows.append(...lines.map(([time, kind, tone, data]) =>
      el("div", {class: `row ${tone}`}, el("time", {}, time), el("b", {}, kind), el("span", {title: data}, data))));
    while (this.rows.childElementCount > this.most) this.rows.firstChild.remove();
    const count = `${written.toLocaleString("en")} event${written === 1 ? "" : "s"}`;
    setText(this.about, dropped ? `${count}; the oldest ${dropped.toLocaleString("en")} are dropped` : count);
    if (follows) this.rows.scrollTop = this.rows.scrollHeight;
  }
}
