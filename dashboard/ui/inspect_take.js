// Playing a recording, opening and taking one along, and what an ordinary client would have made of the same bytes.

const SPEEDS = [[0.25, "0.25 ×"], [0.5, "0.5 ×"], [1, "1 ×"], [2, "2 ×"], [4, "4 ×"], [8, "8 ×"], [16, "16 ×"], [0, "at once"]];
const PIECE = 192 * 1024;
const OPEN_BYTES = 16 * 1024 * 1024;

class PlayerBar {
  constructor(act) {
    this.act = act;
    this.speed = el("select", {"aria-label": "Speed of the replay", onchange: () => this.state && this.tell(this.state.playing)},
      ...SPEEDS.map(([value, label]) => el("option", {value, selected: value === 1}, label)));
    this.toggle = button("Play", "play", () => this.tell(!this.state?.playing), {class: "action small-action"});
    this.stop = button("Stop", "stop", () => act({type: "play", stop: true}), {class: "ghost", hidden: true});
    this.where = el("span", {class: "where", role: "timer"});
    this.root = el("div", {class: "player", role: "group", "aria-label": "Replay"}, this.toggle, this.speed, this.stop, this.where);
  }

  tell(playing) {
    this.act({type: "play", speed: Number(this.speed.value), playing: Boolean(playing)});
  }

  show(state) {
    this.state = state;
    this.heard = performance.now();
    const playing = Boolean(state?.playing);
    setText(this.toggle.lastChild, playing ? "Pause" : state ? "Go on" : "Replay");
    this.toggle.firstChild.replaceWith(icon(playing ? "stalled" : "play"));
    this.stop.hidden = !state;
    if (state) this.speed.value = String(state.speed);
    this.draw();
  }

  get position() {
    if (!this.state) return null;
    const since = this.state.playing ? (performance.now() - this.heard) / 1000 * this.state.speed : 0;
    return Math.min(this.state.total, this.state.position + since);
  }

  draw() {
    setText(this.where, this.state ? `${this.position.toFixed(1)} of ${this.state.total.toFixed(1)} s` : "");
  }
}

class ClientCard {
  constructor(act) {
    this.place = el("div", {});
    this.root = el("details", {class: "card fold", ontoggle: () => this.root.open && !this.asked && (this.asked = true, act({type: "client"}))},
      el("summary", {}, icon("chevron"), el("h2", {}, "As an httpx-sse client"),
        el("span", {class: "small"}, "what an ordinary client would have received from the same bytes")), this.place);
    this.clear();
  }

  clear() {
    this.asked = false;
    this.root.open = false;
    this.place.replaceChildren(el("p", {class: "hint"}, "Comparing …"));
  }

  show({rows, differences, left_out: leftOut, same}) {
    const head = differences.length
      ? el("ul", {class: "differences"}, ...differences.map(([word, n, about]) => el("li", {}, el("b", {}, `${n.toLocaleString("en")} × ${word}`), ` ${about}`)))
      : el("p", {class: "good-note"}, icon("completed"), `No difference: all ${same.toLocaleString("en")} the same.`);
    const lines = rows.map((row) => row.length === 1
      ? el("tr", {class: "run"}, el("td", {colspan: 3}, `${row[0].toLocaleString("en")} the same`))
      : el("tr", {class: row[2] ? "differs" : ""}, el("td", {}, row[0] || "nothing"), el("td", {}, row[1] || "nothing"), el("td", {}, row[2] || "the same")));
    const table = el("div", {class: "table", tabindex: 0, role: "region", "aria-label": "Both sides"}, el("table", {},
      el("thead", {}, el("tr", {}, ...["In the bytes", "httpx-sse", "Difference"].map((each) => el("th", {scope: "col"}, each)))), el("tbody", {}, ...lines)));
    this.place.replaceChildren(head, table, leftOut ? el("p", {class: "small"}, ...coded(`${leftOut.toLocaleString("en")} more rows differ; \`streamgauge replay FILE --as httpx-sse --json\` has them all.`)) : "");
  }
}

class ExportCard {
  constructor(act) {
    this.act = act;
    this.place = el("div", {});
    this.root = el("details", {class: "card fold", ontoggle: () => this.root.open && act({type: "preview"})},
      el("summary", {}, icon("chevron"), el("h2", {}, "Export"), el("span", {class: "small"}, "take it along, without secrets")), this.place);
    this.clear();
  }

  clear() {
    this.root.open = false;
    this.parts = [];
    this.place.replaceChildren(el("p", {class: "hint"}, "Looking for what must not leave …"));
  }

  show({places, total, headers, dropped_bytes: dropped, running, formats}) {
    const facts = [
      "The request is not in it: neither its headers nor its body, only the question.",
      headers.length ? `Response headers left out, since any may hold a secret: ${headers.join(", ")}.` : "No response header had to be left out.",
      total ? `${total.toLocaleString("en")} place${total === 1 ? "" : "s"} overwritten with as many asterisks:` : "Nothing in the bytes looks like a key, a token or a configured secret. One that a model spells out over several events is not recognised: look before you share.",
    ];
    if (dropped) facts.unshift(`${dropped.toLocaleString("en")} bytes from the middle were not kept and are missing.`);
    if (running) facts.unshift("The turn still runs: the export holds what has come so far.");
    this.place.replaceChildren(
      el("ul", {class: "facts-list"}, ...facts.map((fact) => el("li", {}, fact))),
      total ? el("ol", {class: "masked"}, ...places.map((place) => el("li", {}, el("code", {}, place)))) : "",
      total > places.length ? el("p", {class: "small"}, `and ${(total - places.length).toLocaleString("en")} more.`) : "",
      el("div", {class: "formats"}, ...formats.map(([name, about]) => el("div", {class: "format"},
        button(`Download ${name === "recording" ? name : name.toUpperCase()}`, "down", () => this.act({type: "export", as: name}), {class: "action small-action"}),
        el("span", {class: "small"}, ...coded(about))))), this.said = el("p", {class: "small", role: "status"}));
  }

  // A file arrives in pieces over the page's own websocket; no address of it exists that another could call.
  take({name, media_type: type, n, of, piece}) {
    if (n === 0) this.parts = [];
    if (n !== this.parts.length) return;
    this.parts.push(Uint8Array.from(atob(piece), (char) => char.charCodeAt(0)));
    if (n + 1 < of) return;
    const url = URL.createObjectURL(new Blob(this.parts, {type}));
    const link = el("a", {href: url, download: name, hidden: true});
    this.place.append(link);
    link.click();
    link.remove();
    setTimeout(() => URL.revokeObjectURL(url), 10000);
    const size = this.parts.reduce((sum, part) => sum + part.length, 0);
    this.parts = [];
    if (this.said) setText(this.said, `${name}: ${size.toLocaleString("en")} bytes.`);
  }
}

class Opener {
  constructor(act, say) {
    this.act = act;
    this.say = say;
    this.input = el("input", {type: "file", accept: ".jsonl,.ndjson,application/x-ndjson", hidden: true, onchange: () => this.send(this.input.files[0])});
    this.root = el("div", {class: "opener"}, button("Open a recording", "open", () => this.input.click(), {class: "action small-action"}), this.input);
  }

  // Pieces go one after the other; the server judges each, and the first wrong one ends it.
  async send(file) {
    this.input.value = "";
    if (!file) return;
    if (file.size > OPEN_BYTES) {
      return this.say(`${file.name} has ${file.size.toLocaleString("en")} bytes; at most ${OPEN_BYTES.toLocaleString("en")} can be opened here. \`streamgauge replay FILE\` reads larger ones.`, "bad");
    }
    this.sending = file;
    let at = 0;
    do {
      const bytes = new Uint8Array(await file.slice(at, at + PIECE).arrayBuffer());
      let text = "";
      for (let i = 0; i < bytes.length; i += 8192) text += String.fromCharCode(...bytes.subarray(i, i + 8192));
      this.act({type: "upload", ...(at === 0 ? {name: file.name, size: file.size} : {}), piece: btoa(text)});
      at += PIECE;
    } while (at < file.size && this.sending === file);
  }

  done() {
    this.sending = null;
  }

  // A file dropped anywhere on the view is opened.
  accept(root) {
    root.addEventListener("dragover", (event) => { event.preventDefault(); root.classList.add("dropping"); });
    root.addEventListener("dragleave", (event) => { if (event.target === root || !root.contains(event.relatedTarget)) root.classList.remove("dropping"); });
    root.addEventListener("drop", (event) => {
      event.preventDefault();
      root.classList.remove("dropping");
      this.send(event.dataTransfer?.files[0]);
    });
  }
}
