// The wall: read from three metres, nobody at the keyboard. Which backend is unwell is said in words, shape and colour.

class Tile {
  constructor(name) {
    this.row = {};
    this.sign = el("span", {class: "sign"});
    this.word = el("div", {class: "word"});
    this.reason = el("div", {class: "reason"});
    this.why = el("div", {class: "why"});
    this.numbers = el("div", {class: "numbers"});
    this.strip = new Strip(() => {});
    this.root = el("li", {class: "tile", "data-backend": name},
      el("div", {class: "top"}, this.sign, el("div", {class: "names"}, el("div", {class: "name"}, name), this.word)),
      el("div", {class: "reasons"}, this.reason, this.why), this.numbers, this.strip.root);
  }

  update(fields) {
    Object.assign(this.row, fields);
    const row = this.row;
    this.root.dataset.health = row.health;
    if (fields.health) this.sign.replaceChildren(healthSign(row.health));
    setText(this.word, row.word);
    setText(this.reason, row.reason ?? "");
    if (fields.strip) this.strip.set(fields.strip);
    if (fields.add) this.strip.add(fields.add);
    this.numbers.replaceChildren(...[["Availability", row.availability], ["First text p95", row.ttft], ["Live", row.live]]
      .filter(([, told]) => told).map(([label, told]) => el("span", {}, el("i", {}, label), el("b", {}, told[0]))));
  }

  tick(now) {
    const {why, diagnosis, connection} = this.row;
    const silent = connection?.silent_since == null ? "" : `silent for ${age(now - connection.silent_since)}`;
    const last = diagnosis ? `last turn ${age(now - diagnosis.at)} ago` : "";
    setText(this.why, [why, silent, last].filter(Boolean).join(" · "));
  }
}

class Wall extends Fleet {
  build() {
    this.watch = framed ? undefined : new WallWatch();
    this.body = el("ul", {class: "tiles"});
    this.server = el("ul", {class: "server", hidden: true, "aria-label": "This server"});
    this.root = el("section", {class: "wall", "aria-label": "Fleet"},
      el("header", {}, this.sign = el("span", {class: "sign"}), this.summary, this.clock), this.server, this.body);
  }

  make(name) {
    return new Tile(name);
  }

  controls() {
    return [];
  }

  receive(message) {
    super.receive(message);
    if (framed) window.parent.postMessage(BEAT, location.origin);
    else this.watch.heard();
  }

  // It waits for nobody: what brings it back is the watch, or the one outside its frame.
  lost() {
    this.link.offline = true;
  }

  end() {
    this.watch?.end();
  }

  showOrder() {}

  arrange() {
    super.arrange();
    const rows = [...this.rows.values()].map((each) => each.row);
    this.root.dataset.health = this.sign.dataset.health;
    const columns = Math.max(1, Math.ceil(Math.sqrt(rows.length)));
    this.body.style.setProperty("--columns", columns);
    this.body.style.setProperty("--rows", Math.ceil(rows.length / columns));
    this.root.dataset.many = rows.length > 9;
  }
}
