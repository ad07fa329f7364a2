// The banner: the most urgent alert that nobody here has acknowledged, the others on request.

class Banner {
  constructor(model) {
    this.model = model;
    this.open = false;
    this.root = el("section", {class: "alerts", "aria-label": "Alerts", hidden: true});
    this.list = el("ul", {});
    this.more = el("button", {type: "button", class: "more", onclick: () => { this.open = !this.open; this.draw(); }});
    this.announcer = new Announcer();
    this.root.append(this.list, this.more);
    this.resized = new ResizeObserver(() => this.makeRoom());
    this.resized.observe(this.root);
  }

  // Views that fill the window leave as much room above them.
  makeRoom() {
    const height = this.root.hidden ? 0 : this.root.getBoundingClientRect().height + parseFloat(getComputedStyle(this.root).marginTop);
    document.documentElement.style.setProperty("--alerts", `${height}px`);
  }

  get fresh() {
    const done = acknowledged();
    return this.model.alarms.filter((alarm) => !done.has(alarm.id));
  }

  draw() {
    const fresh = this.fresh, now = Date.now() / 1000;
    const shown = this.open ? fresh : fresh.slice(0, 1);
    this.root.hidden = !this.model.shown || fresh.length === 0;
    this.root.dataset.open = this.open;
    this.root.dataset.firing = this.model.alarms.length;
    this.root.dataset.severity = fresh[0]?.severity ?? "";
    const said = JSON.stringify(shown);
    if (said !== this.said) {
      this.said = said;
      this.announcer.say(shown.map((alarm) => `${alarm.backend} ${alarm.what}`.trim()).join(". "));
      this.list.replaceChildren(...shown.map((alarm) => alarmLine(alarm, this.model.runbooks, now,
        el("button", {type: "button", class: "done", title: "Hides it in this browser until it fires anew",
          onclick: () => acknowledge(alarm.id)}, "Acknowledge"))));
    }
    [...this.list.children].forEach((line, place) => setText(line.querySelector(".since"), ` for ${age(now - shown[place].since)}`));
    this.more.dataset.others = fresh.length > 1;
    this.more.setAttribute("aria-expanded", String(this.open));
    setText(this.more, this.open ? "Show less" : fresh.length > 1 ? `${fresh.length - 1} more` : "Details");
  }
}

export function render({model}) {
  const banner = new Banner(model);
  const deaf = onAcknowledged(() => banner.draw());
  const timer = setInterval(() => banner.draw(), 5000);
  model.on("alarms", () => banner.draw());
  model.on("shown", () => banner.draw());
  model.on("remove", () => {
    clearInterval(timer);
    banner.resized.disconnect();
    deaf();
  });
  banner.draw();
  return el("div", {}, banner.root, banner.announcer.root);
}
