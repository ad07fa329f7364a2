// The event log: at most `HALF` first and last rows, filtered by type and by words, the chosen row in full beside it.

const HALF = 500;

class EventLog {
  constructor(act, search, picked) {
    this.act = act;
    this.picked = picked;
    this.off = new Set();
    this.list = el("div", {class: "rows", role: "listbox", tabindex: 0, "aria-label": "Events in order of arrival"});
    this.hole = el("div", {class: "hole", role: "presentation", hidden: true});
    this.types = el("div", {class: "types", role: "group", "aria-label": "Show these types"});
    this.search = search;
    this.search.addEventListener("input", () => this.filter());
    this.about = el("span", {class: "about", role: "status"});
    this.frame = el("div", {class: "frame", "aria-live": "polite"}, el("p", {class: "hint"}, "Choose a row: what was read from it, and the bytes as they came."));
    this.root = el("section", {class: "card log-card", "aria-label": "Event log"},
      el("div", {class: "card-head"}, el("h2", {}, "Events"), this.about, this.search), this.types,
      el("div", {class: "log-split"}, this.list, this.frame));
    this.list.addEventListener("keydown", (event) => this.key(event));
    this.list.addEventListener("click", (event) => {
      const row = event.target.closest(".row");
      if (row) this.choose(row);
    });
    this.clear();
  }

  clear({same = false} = {}) {
    this.list.replaceChildren(this.hole);
    const number = same ? this.chosen?.number : null;
    this.chosen = null;
    this.again = number;
    if (same) return;
    this.counts = {};
    this.types.replaceChildren();
    this.off.clear();
    this.search.value = "";
    this.hint("Choose a row: what was read from it, and the bytes as they came.");
  }

  hint(text) {
    this.frame.replaceChildren(el("p", {class: "hint"}, text));
  }

  show(shown) {
    const follows = this.list.scrollHeight - this.list.scrollTop - this.list.clientHeight < 30;
    const rows = (shown.rows ?? []).map((row) => this.row(row));
    this.list.append(...rows);
    if (this.list.children.length > HALF && this.hole.nextSibling === this.list.children[1]) this.list.insertBefore(this.hole, this.list.children[HALF + 1] ?? null);
    while (this.list.childElementCount > 2 * HALF + 1) this.hole.nextSibling.remove();
    this.hole.hidden = !shown.dropped;
    setText(this.hole, `${(shown.dropped ?? 0).toLocaleString("en")} events between are not shown: the first and the last ${HALF} are. The export has them all.`);
    this.written = shown.written;
    this.dropped = shown.dropped;
    this.showTypes(shown.counts ?? {});
    this.filter();
    if (this.again != null) this.mark(rows.find((row) => row.number === this.again));
    if (shown.live && follows) this.list.scrollTop = this.list.scrollHeight;
  }

  row([number, read, at, kind, tone, means, said]) {
    const row = el("div", {class: `row ${tone}`, role: "option", id: `row-${number}`, "aria-selected": "false"},
      el("time", {}, `+${at.toFixed(3)}`), el("b", {}, kind), el("span", {class: means ? "means" : ""}, means || said));
    Object.assign(row, {number, read, kind, words: `${kind} ${means} ${said}`.toLowerCase()});
    return row;
  }

  showTypes(counts) {
    const kinds = Object.keys(counts).sort((a, b) => counts[b] - counts[a]);
    if (kinds.join() === Object.keys(this.counts).join() && this.types.childElementCount) {
      for (const chip of this.types.children) setText(chip.lastChild, counts[chip.kind].toLocaleString("en"));
    } else {
      this.types.replaceChildren(...kinds.map((kind) => {
        const chip = el("button", {type: "button", class: "chip", "aria-pressed": String(!this.off.has(kind)), onclick: () => {
          this.off.has(kind) ? this.off.delete(kind) : this.off.add(kind);
          chip.setAttribute("aria-pressed", String(!this.off.has(kind)));
          this.filter();
        }}, el("span", {}, kind), el("span", {class: "n"}, counts[kind].toLocaleString("en")));
        chip.kind = kind;
        return chip;
      }));
    }
    this.counts = Object.fromEntries(kinds.map((kind) => [kind, counts[kind]]));
  }

  filter() {
    const words = this.search.value.trim().toLowerCase();
    let seen = 0;
    for (const row of this.list.querySelectorAll(".row")) {
      row.hidden = this.off.has(row.kind) || (words && !row.words.includes(words));
      seen += !row.hidden;
    }
    const kept = (this.written ?? 0) - (this.dropped ?? 0);
    const all = `${(this.written ?? 0).toLocaleString("en")} event${this.written === 1 ? "" : "s"}`;
    setText(this.about, seen === kept ? all : `${seen.toLocaleString("en")} of ${all}`);
    this.none ??= el("p", {class: "hint none"}, "No event fits.");
    if (!seen && kept) this.list.append(this.none);
    else this.none.remove();
  }

  visible() {
    return [...this.list.querySelectorAll(".row:not([hidden])")];
  }

  mark(row) {
    if (this.chosen) this.chosen.setAttribute("aria-selected", "false");
    this.again = null;
    if (!row) return;
    this.chosen = row;
    row.setAttribute("aria-selected", "true");
    this.list.setAttribute("aria-activedescendant", row.id);
  }

  choose(row, {quiet = false} = {}) {
    if (!row) return;
    this.mark(row);
    const top = row.offsetTop - this.list.offsetTop;
    if (top < this.list.scrollTop || top > this.list.scrollTop + this.list.clientHeight - 24) this.list.scrollTop = top - this.list.clientHeight / 3;
    this.act({type: "row", row: row.number});
    if (!quiet && row.read >= 0) this.picked(row.read);
  }

  chooseRead(read, focus) {
    const row = this.visible().find((each) => each.read === read) ?? null;
    if (row) this.choose(row, {quiet: true});
    if (row && focus) this.list.focus();
    return row != null;
  }

  key(event) {
    const rows = this.visible();
    const at = rows.indexOf(this.chosen);
    const to = {ArrowDown: at + 1, ArrowUp: at < 0 ? 0 : at - 1, PageDown: at + 10, PageUp: at - 10, Home: 0, End: rows.length - 1}[event.key];
    if (to == null || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    this.choose(rows[Math.min(rows.length - 1, Math.max(0, to))]);
  }

  showRow({row, parsed, raw, note}) {
    if (this.chosen?.number !== row) return;
    const fields = parsed.map(([label, value]) => [el("dt", {}, label), el("dd", {dir: "auto"}, value)]).flat();
    this.frame.replaceChildren(
      el("div", {class: "side"}, el("h3", {}, "Read as"), el("dl", {}, ...fields)),
      el("div", {class: "side"}, el("h3", {}, "As it came"), raw ? el("pre", {tabindex: 0}, ends(raw)) : null, el("p", {class: "small"}, note)));
  }
}

// Line ends are part of what came: shown as written in a program, and as line ends.
function ends(text) {
  return text.replace(/\r\n|\r|\n/g, (end) => `${end === "\r\n" ? "\\r\\n" : end === "\r" ? "\\r" : "\\n"}\n`).replace(/\n$/, "");
}
