// What is under the glass: the question, how it ended and why; and what to say when there is nothing to show.

class Head {
  constructor(act, player) {
    this.act = act;
    this.back = button("All turns", "back", () => act({type: "open", turn: ""}), {class: "ghost back"});
    this.title = el("h1", {dir: "auto"});
    this.facts = el("p", {class: "facts"});
    this.note = el("p", {class: "kept-note", role: "note", hidden: true});
    this.verdict = el("div", {class: "verdict-place"});
    this.root = el("header", {class: "head card"}, this.back, this.title, this.facts, this.verdict, this.note, player);
  }

  show(subject, shown, playing) {
    setText(this.title, subject.question || (subject.kind === "history" ? "A turn of which the question is not kept" : "(no question)"));
    const facts = [subject.backend, subject.dialect, clock(subject.at), subject.source === "live" ? null : subject.source,
      subject.kind === "file" ? `file ${subject.name}` : null];
    this.facts.replaceChildren(...facts.filter(Boolean).map((fact) => el("span", {}, fact)),
      subject.turn ? el("span", {class: "id", title: "The turn's id, as in ?turn= and in exemplars"}, subject.turn) : "");
    const note = this.keptNote(subject);
    this.note.hidden = !note;
    setText(this.note, note);
    this.showVerdict(shown?.verdict, shown?.live, playing);
  }

  keptNote(subject) {
    if (subject.kind === "gone") {
      return "The bytes of this turn are no longer kept: newer turns needed the room. Its numbers are; the log, the reads and the export are not.";
    }
    if (subject.kind === "history") {
      return "Only history knows this turn: it ended before this process began, or before its last 300. Its numbers are kept; its question, its answer and its bytes never were.";
    }
    if (subject.dropped_bytes) {
      return `${subject.dropped_bytes.toLocaleString("en")} bytes from the middle of this turn are not kept. Verdict and numbers are of the whole; the log and the reads have a hole there, and what stands beside it may look broken.`;
    }
    return "";
  }

  showVerdict(v, live, playing) {
    if (!v) {
      this.verdict.replaceChildren(el("div", {class: "verdict running"}, el("span", {class: "badge"}, el("i", {class: "beat", "aria-hidden": "true"}), playing ? "Replaying" : live ? "Running" : "Unknown"),
        el("span", {class: "sentence"}, playing ? "A recording plays; nobody is asked, and nothing is counted." : live ? "It has not ended yet; everything here grows as it arrives." : "Nothing is known of its end.")));
      return;
    }
    const more = [];
    if (v.evidence.length) more.push(el("h3", {}, "Evidence"), el("ul", {}, ...v.evidence.map((line) => el("li", {}, line))));
    if (v.detail) more.push(el("h3", {}, "In the server's words"), el("pre", {}, v.detail));
    if (v.next) more.push(el("h3", {}, "Next step"), el("p", {}, v.next));
    this.verdict.replaceChildren(el("div", {class: `verdict ${v.tone}`, "data-outcome": v.outcome},
      el("span", {class: "badge"}, icon(v.outcome), el("span", {class: "word"}, v.word)),
      el("span", {class: "sentence"}, ...blamed(v.sentence))),
    more.length ? el("div", {class: "more"}, ...more) : "");
  }
}

// No turn named, an unknown one, or one on its way: each says what it is and what to do next.
function placard(what, {wanted, turns, act}) {
  const chat = el("a", {href: "?view=chat", class: "action", onclick: (event) => { event.preventDefault(); act({type: "chat"}); }}, "Ask something in Chat");
  const all = button("See the turns that are known", "back", () => act({type: "open", turn: ""}), {class: "action"});
  const say = {
    loading: ["Reading the turn again …", "Its bytes run through the same engine that judged it.", null],
    empty: ["No turn yet", "Every turn of this process can be looked at here, live or ended: what arrived when, what it meant, and why it ended as it did.", chat],
    choose: ["Choose a turn", "See what arrived when, what it meant, and why it ended as it did.", null],
    unknown: [`No turn ${wanted}`, "This process knows no turn of that id. Bytes do not outlive a restart of Streamgauge; numbers do where `history:` has a file, those of the last 100 turns of each backend. A link from Grafana may also belong to another replica.", turns ? all : chat],
  }[what];
  return el("div", {class: `placard ${what}`, role: what === "loading" ? "status" : null}, icon("inspect"), el("h1", {}, say[0]), el("p", {}, ...coded(say[1])), say[2]);
}
