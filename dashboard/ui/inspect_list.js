// The turns to choose from: those that run, then those that have ended, the newest first.

class TurnList {
  constructor(act, opener) {
    this.act = act;
    this.rows = el("ol", {class: "turn-list"});
    this.note = el("p", {class: "list-note"});
    this.root = el("nav", {class: "turns", "aria-label": "Turns"}, el("h2", {}, "Turns"), opener, this.rows, this.note);
  }

  show(turns, chosen) {
    const had = this.rows.querySelector(":focus")?.dataset.turn;
    this.rows.replaceChildren(...turns.map((turn) => this.row(turn, chosen)));
    if (had) this.rows.querySelector(`[data-turn="${CSS.escape(had)}"]`)?.focus();
    const unwell = turns.filter((turn) => turn.tone === "bad" || turn.tone === "warn").length;
    setText(this.note, turns.length ? `${turns.length} turn${turns.length === 1 ? "" : "s"}, ${unwell} unwell` : "");
    this.root.dataset.empty = !turns.length;
  }

  row(turn, chosen) {
    const state = turn.live
      ? el("span", {class: "state live"}, el("i", {class: "beat", "aria-hidden": "true"}), "live")
      : el("span", {class: `state ${turn.tone}`}, icon(turn.outcome), turn.word);
    const facts = [turn.backend, clock(turn.at), turn.took, turn.source === "live" ? null : turn.source, turn.kept === false ? "numbers only" : null];
    const link = el("a", {
      href: `?view=inspect&turn=${encodeURIComponent(turn.id)}`, "data-turn": turn.id, class: "turn-row",
      "aria-current": turn.id === chosen ? "true" : null,
      onclick: (event) => {
        if (event.ctrlKey || event.metaKey || event.shiftKey || event.button) return;
        event.preventDefault();
        this.act({type: "open", turn: turn.id});
      },
    }, el("span", {class: "turn-top"}, state, el("span", {class: "when"}, facts.filter(Boolean).slice(1).join(" · "))),
    el("span", {class: "turn-question", dir: "auto"}, turn.question),
    el("span", {class: "turn-backend"}, turn.why ? `${turn.why} · ${turn.backend}` : turn.backend));
    return el("li", {}, link);
  }
}

function clock(ms) {
  return ms ? new Date(ms).toLocaleTimeString([], {hour: "2-digit", minute: "2-digit", second: "2-digit", hour12: false}) : "";
}
