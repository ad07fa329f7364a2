// One backend as a row of the table, or as a card where there is no room for one. Its words are data: text nodes only.

const SHAPES = {
  failing: "M5 1.2h6L14.8 5v6L11 14.8H5L1.2 11V5z",
  unwell: "M8 1.4L15.2 14.2H.8z",
  over: "M8 1L15 8 8 15 1 8z",
  unknown: "M8 2.2a5.8 5.8 0 1 0 0 11.6A5.8 5.8 0 0 0 8 2.2z",
  well: "M8 1.6a6.4 6.4 0 1 0 0 12.8A6.4 6.4 0 0 0 8 1.6z",
};

const SIGNS = {failing: "M5.2 5.2l5.6 5.6m0-5.6l-5.6 5.6", unwell: "M8 6v4m0 1.8v.4", over: "M5 8h6", unknown: "", well: "M5 8.3l2.1 2.1 3.9-4.6"};

// Shape, sign and colour say the same, so that any one of them is enough.
function healthSign(health) {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("viewBox", "0 0 16 16");
  svg.setAttribute("aria-hidden", "true");
  svg.setAttribute("class", "health");
  for (const [name, d] of [["shape", SHAPES[health]], ["sign", SIGNS[health]]]) {
    const path = document.createElementNS(SVG, "path");
    path.setAttribute("class", name);
    path.setAttribute("d", d ?? "");
    svg.append(path);
  }
  return svg;
}

// A link to another view that a plain click opens on this page.
function viewLink(query, open, props, ...children) {
  return el("a", {href: "?" + new URLSearchParams(query), ...props, onclick: (event) => {
    if (event.ctrlKey || event.metaKey || event.shiftKey || event.button) return;
    event.preventDefault();
    open(query);
  }}, ...children);
}

function markLink(mark, open) {
  const at = new Date(mark.at * 1000).toLocaleString();
  const words = `${mark.word}${mark.canary ? ", canary" : ""}, ${at}`;
  return viewLink({view: "inspect", turn: mark.turn}, open,
    {class: "mark", "data-tone": mark.tone, "data-turn": mark.turn, "aria-label": words,
      title: mark.sentence ? `${words}\n${mark.sentence}` : words}, icon(mark.icon));
}

class Strip {
  constructor(open) {
    this.open = open;
    this.root = el("div", {class: "strip", role: "group", "aria-label": "Last turns, oldest first", onkeydown: (event) => this.key(event)});
    this.none = el("span", {class: "none"}, "no turns yet");
    this.root.append(this.none);
  }

  set(marks) {
    this.root.replaceChildren(this.none, ...marks.map((mark) => markLink(mark, this.open)));
    this.none.hidden = marks.length > 0;
    this.rove();
  }

  // One stop for Tab: the newest, or the one that the arrows led to.
  rove() {
    const marks = [...this.root.querySelectorAll(".mark")];
    const at = marks.find((mark) => mark.matches(":focus")) ?? marks.at(-1);
    for (const mark of marks) mark.tabIndex = mark === at ? 0 : -1;
  }

  key(event) {
    const marks = [...this.root.querySelectorAll(".mark")], at = marks.indexOf(event.target);
    const to = {ArrowLeft: at - 1, ArrowRight: at + 1, Home: 0, End: marks.length - 1}[event.key];
    if (to === undefined || !marks[to]) return;
    event.preventDefault();
    marks[to].focus();
    this.rove();
  }

  add(marks) {
    this.root.append(...marks.map((mark) => markLink(mark, this.open)));
    this.none.hidden = true;
    while (this.root.childElementCount > 31) this.root.children[1].remove();
    this.rove();
  }
}

class BackendRow {
  constructor(name, open, runbooks) {
    this.row = {};
    this.runbooks = runbooks;
    this.sign = el("span", {class: "sign"});
    this.word = el("b", {class: "word"});
    this.why = el("span", {class: "why"});
    this.connection = el("span", {class: "connection"}, el("i", {}), el("span", {}));
    this.strip = new Strip(open);
    this.last = el("span", {class: "ago"});
    this.outcomes = el("span", {class: "outcomes"});
    this.diagnosis = el("div", {class: "diagnosis", role: "cell", hidden: true});
    this.open = open;
    this.alarms = el("ul", {class: "alarms", hidden: true});
    this.dialect = el("span", {class: "dialect"});
    this.cells = {};
    const cell = (key, label, ...parts) => (this.cells[key] = el("div", {class: `cell ${key}`, role: "cell", "data-label": label}, ...parts));
    const number = (key, label) => cell(key, label, el("span", {class: "value"}, "–"), el("span", {class: "sub"}));
    this.root = el("div", {class: "backend", role: "row", "data-backend": name},
      cell("name", "Backend", viewLink({view: "chat", backend: name}, open, {class: "title", title: "Ask it something"}, name), this.dialect),
      cell("health", "Health", this.sign, el("span", {class: "words"}, this.word, this.why)),
      cell("link", "Connection", this.connection),
      number("availability", "Availability"), cell("budget", "Budget left", el("span", {class: "value"}, "–"),
        el("span", {class: "bar", "aria-hidden": "true"}, el("i", {}))),
      number("ttft", "First text p95"), number("gap", "Chunk gap p95"), number("stalls", "Stalls"), number("live", "Live"),
      cell("turns", "Last turns", this.strip.root, this.last, this.outcomes),
      cell("canary", "Canary", el("span", {class: "value"}, "–"), el("span", {class: "sub"})),
      el("div", {class: "alarms-cell", role: "cell"}, this.alarms), this.diagnosis);
  }

  update(fields) {
    Object.assign(this.row, fields);
    const row = this.row;
    if (fields.health || fields.why != null) {
      this.root.dataset.health = row.health;
      this.sign.replaceChildren(healthSign(row.health));
      setText(this.word, row.word);
      setText(this.why, row.why);
    }
    if (fields.dialect != null) setText(this.dialect, row.dialect);
    for (const key of ["availability", "ttft", "gap", "stalls", "live", "budget"]) if (fields[key]) this.number(key, row[key]);
    if (fields.budget) {
      this.cells.budget.querySelector("i").style.width = `${100 * (row.budget[2] ?? 0)}%`;
      this.cells.budget.dataset.tone = row.budget[3];
    }
    if (fields.strip) this.strip.set(fields.strip);
    if (fields.add) this.strip.add(fields.add);
    if (fields.outcomes) this.outcomes.replaceChildren(...fields.outcomes.map(([name, n]) =>
      el("span", {"data-outcome-total": name}, `${n.toLocaleString("en")} ${name}`)));
    if (fields.diagnosis !== undefined) this.diagnose(row.diagnosis);
    if (fields.alarms) {
      this.alarms.hidden = !row.alarms.length;
      this.alarms.replaceChildren(...row.alarms.map((alarm) =>
        alarmLine({...alarm, backend: ""}, this.runbooks, Date.now() / 1000, acknowledgeToggle(alarm))));
    }
  }

  number(key, [value, sub, about]) {
    const [big, small] = this.cells[key].children;
    setText(big, value);
    if (typeof about === "string") this.cells[key].title = about;
    if (key !== "budget") setText(small, sub ?? "");
  }

  diagnose(told) {
    this.diagnosis.hidden = !told;
    if (!told) return;
    this.diagnosis.dataset.tone = told.tone;
    this.diagnosis.replaceChildren(icon(told.icon), el("b", {}, told.word), el("span", {class: "sentence"}, told.sentence),
      viewLink({view: "inspect", turn: told.turn}, this.open, {class: "inspect", "aria-label": `Inspect the last turn of ${this.row.name}`}, "Inspect"));
  }

  // What grows older without a message; `now` is the server's time.
  tick(now) {
    const {connection, diagnosis, canary} = this.row;
    if (connection) {
      const silent = connection.silent_since == null ? "" : `, silent for ${age(now - connection.silent_since)}`;
      setText(this.connection.firstChild, connection.sign);
      setText(this.connection.lastChild, connection.word + silent);
      this.connection.dataset.tone = connection.tone;
    }
    (this.row.alarms ?? []).forEach((alarm, place) =>
      setText(this.alarms.children[place].querySelector(".since"), ` for ${age(now - alarm.since)}`));
    setText(this.last, diagnosis ? `${age(now - diagnosis.at)} ago` : "");
    if (canary) {
      const [value, sub] = this.cells.canary.children;
      setText(value, canary.at == null ? canary.word : `${canary.word}, ${age(now - canary.at)} ago`);
      setText(sub, canary.sub || canary.next_at == null ? canary.sub : canary.next_at > now ? `next in ${age(canary.next_at - now)}` : "next is due");
      this.cells.canary.dataset.tone = canary.tone;
      this.cells.canary.title = canary.about;
    }
  }
}
