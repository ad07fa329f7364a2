// Every backend at a glance: applies patches in order, sorts, counts ages, says how old its numbers are.

const COLUMNS = [
  ["name", "Backend"], ["health", "Health"], ["connection", "Connection"], ["availability", "Availability"], ["budget", "Budget left"],
  ["ttft", "First text p95"], ["gap", "Chunk gap p95"], ["stalls", "Stalls"], ["live", "Live"], ["last", "Last turns"], ["canary", "Canary"],
];
const DOWN_FIRST = new Set(["ttft", "gap", "stalls", "live", "last"]);
const STALE_S = 8;

// Unwell first, then by name; what is not known stands last either way.
function inOrder(rows, {by, down}) {
  const value = (row) => row.order?.[by] ?? null;
  return [...rows].sort((a, b) => {
    const [x, y] = [value(a.row), value(b.row)];
    if (x === y) return a.row.order.health - b.row.order.health || (a.row.order.name < b.row.order.name ? -1 : 1);
    if (x === null || y === null) return x === null ? 1 : -1;
    return (x < y ? -1 : 1) * (down ? -1 : 1);
  });
}

const WORST_FIRST = ["failing", "unwell", "over", "unknown", "well"];

class Fleet {
  constructor(model) {
    this.model = model;
    this.rows = new Map();
    this.have = -1;
    this.skew = this.old = 0;
    this.heard = performance.now();
    this.link = new ServerLink(() => location.reload());
    this.sort = {by: "health", down: false};
    this.open = ({view, ...query}) => model.send_msg({type: view, ...query});
    this.summary = el("h1", {class: "summary", role: "status"}, "…");
    this.sign = el("span", {class: "overall"});
    this.clock = el("span", {class: "clock"});
    this.build();
    this.showOrder();
  }

  build() {
    this.help = new Help([["Tab", "goes to the next backend, its last turns, its alerts"], ["Enter", "opens what is chosen; on a heading sorts by it, once more the other way round"],
      ["← →", "in the last turns: the one before, the next"]]);
    this.heads = new Map(COLUMNS.map(([key, label]) => [key, el("div", {role: "columnheader", class: `head ${key}`, title: this.model.about[key]},
      el("button", {type: "button", onclick: () => this.by(key)}, label, icon("down")))]));
    this.picker = el("select", {"aria-label": "Sort by", onchange: () => this.by(this.picker.value, false)},
      ...COLUMNS.map(([key, label]) => el("option", {value: key}, label)));
    this.server = el("ul", {class: "server", hidden: true, "aria-label": "This server"});
    this.hint = el("p", {class: "hint", hidden: true},
      "Choose a backend to ask it something, or give it a canary in config.yaml, which asks it on a timer.");
    this.body = el("div", {class: "rows", role: "rowgroup"});
    this.table = el("div", {class: "table", role: "table", "aria-label": "Backends"},
      el("div", {role: "rowgroup", class: "top"}, el("div", {class: "heads", role: "row"}, ...this.heads.values())), this.body);
    this.root = el("section", {class: "fleet", "aria-label": "Fleet"},
      el("header", {}, this.sign, this.summary, el("label", {class: "sorter"}, "Sort by ", this.picker), this.clock,
        button("Keys", null, () => this.help.show(), {class: "keys", title: "All keys (?)"}),
        el("a", {class: "to-wall", href: "?view=fleet&wall=1", target: "_blank", rel: "noopener"}, "Wall")), this.server, this.hint, this.table, this.help.root);
  }

  receive(message) {
    if (message.kind !== "full" && message.r !== this.have + 1) return this.sync();
    this.heard = performance.now();
    this.have = message.r;
    this.skew = message.now - Date.now() / 1000;
    this.old = Math.max(0, message.now - message.at);
    if (message.kind === "full") {
      this.rows.clear();
      this.body.replaceChildren();
    }
    for (const name of message.gone ?? []) {
      this.rows.get(name)?.root.remove();
      this.rows.delete(name);
    }
    for (const [name, fields] of Object.entries(message.rows ?? {})) this.row(name).update(fields);
    if (message.server) this.serverAlarms(message.server);
    if (message.rows || message.gone) this.arrange();
    this.tick();
  }

  // What is wrong with this server itself.
  serverAlarms(alarms) {
    this.alarms = alarms;
    this.server.hidden = !alarms.length;
    this.server.replaceChildren(...alarms.map((alarm) => alarmLine(alarm, this.model.runbooks, this.now, ...this.controls(alarm))));
  }

  controls(alarm) {
    return [acknowledgeToggle(alarm)];
  }

  acknowledged() {
    for (const button of this.root.querySelectorAll("button.done")) button.draw();
  }

  row(name) {
    if (!this.rows.has(name)) this.rows.set(name, this.make(name));
    return this.rows.get(name);
  }

  make(name) {
    return new BackendRow(name, this.open, this.model.runbooks);
  }

  get offline() {
    return this.link.offline;
  }

  lost(event) {
    if (!this.root.isConnected) return;
    this.link.lost(event);
    this.tick();
  }

  found() {
    this.link.found();
    this.have = -1;
    this.sync();
  }

  end() {
    this.link.end();
  }

  sync() {
    if (!this.offline) this.model.send_msg({type: "sync", have: this.have});
  }

  onKey(event) {
    if (event.key === "?" && this.help && !typing(event) && !event.ctrlKey && !event.metaKey && !event.altKey) this.help.show();
  }

  by(key, turn = true) {
    const down = turn && this.sort.by === key ? !this.sort.down : DOWN_FIRST.has(key);
    this.sort = {by: key, down};
    this.showOrder();
    this.arrange();
  }

  showOrder() {
    for (const [key, head] of this.heads) {
      if (key === this.sort.by) head.setAttribute("aria-sort", this.sort.down ? "descending" : "ascending");
      else head.removeAttribute("aria-sort");
    }
    this.picker.value = this.sort.by;
  }

  // Moves only what is out of place, so that focus and hover stay.
  arrange() {
    const wanted = inOrder(this.rows.values(), this.sort).map((each) => each.root);
    wanted.forEach((root, place) => {
      if (this.body.children[place] !== root) this.body.insertBefore(root, this.body.children[place] ?? null);
    });
    const rows = [...this.rows.values()].map((each) => each.row);
    setText(this.summary, summed(rows));
    const worst = WORST_FIRST.find((health) => rows.some((row) => row.health === health)) ?? "unknown";
    if (this.sign.dataset.health !== worst) this.sign.replaceChildren(healthSign(worst));
    this.sign.dataset.health = worst;
    if (this.hint) this.hint.hidden = !rows.length || rows.some((row) => row.health !== "unknown");
  }

  get now() {
    return Date.now() / 1000 + this.skew;
  }

  get age() {
    return (performance.now() - this.heard) / 1000 + this.old;
  }

  tick() {
    for (const each of this.rows.values()) each.tick(this.now);
    (this.alarms ?? []).forEach((alarm, place) =>
      setText(this.server.children[place].querySelector(".since"), ` for ${age(this.now - alarm.since)}`));
    const stale = this.age > STALE_S;
    this.root.classList.toggle("stale", stale);
    const why = this.offline ? "Lost its server, waits for it: " : stale ? "Standing still: " : "";
    setText(this.clock, `${why}as of ${age(this.age)} ago`);
    if (!document.hidden && (this.have < 0 || performance.now() - this.heard > 4000)) this.sync();
  }
}

function summed(rows) {
  const unwell = rows.filter((row) => row.health === "failing" || row.health === "unwell");
  const unknown = rows.filter((row) => row.health === "unknown");
  if (!rows.length) return "…";
  const some = (n) => `${n} of ${rows.length} ${rows.length === 1 ? "backend" : "backends"} ${n === 1 ? "is" : "are"}`;
  if (unwell.length) return `${some(unwell.length)} unwell`;
  const over = rows.filter((row) => row.health === "over").length;
  if (over) return `${some(over)} over budget`;
  if (unknown.length === rows.length) return "Nothing has been asked yet";
  const asked = rows.length - unknown.length;
  return unknown.length ? `All ${asked} that were asked are well` : rows.length === 1 ? "The backend is well" : `All ${rows.length} backends are well`;
}
