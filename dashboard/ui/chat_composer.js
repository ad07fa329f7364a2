// Where a question is typed. What was typed is kept until the server has begun the turn.

const ASKING_KEYS = [["Enter", "sends the question"], ["Shift Enter", "begins a new line"], ["Esc", "stops what streams"],
  ["/", "puts the cursor into the question"], ["Tab", "goes to the next control; each number tells its definition"]];

class Composer {
  constructor(act, {placeholder = "Ask the stream…", stop = "Stop", stops = "Stop the answer (Esc)"} = {}, help = new Help(ASKING_KEYS)) {
    this.act = act;
    this.running = false;
    this.limit = 8000;
    this.area = el("textarea", {rows: 1, "aria-label": "Your question", placeholder, enterkeyhint: "send",
      oninput: () => this.typed(), onkeydown: (event) => this.key(event)});
    this.send = button("Send", "send", () => this.submit(), {class: "send", quiet: true});
    this.stop = button(stop, "stop", () => act({type: "stop"}), {class: "stop", hidden: true, title: stops});
    this.noteText = el("span", {});
    this.note = el("div", {class: "note", role: "status", "aria-live": "assertive", hidden: true}, this.noteText,
      button("Dismiss", "failed", () => this.say(""), {class: "ghost", quiet: true}));
    this.count = el("span", {class: "count", hidden: true});
    this.scenario = el("div", {class: "acting", hidden: true});
    this.root = el("form", {class: "composer", onsubmit: (event) => { event.preventDefault(); this.submit(); }},
      this.note, this.scenario, el("div", {class: "box"}, this.area, this.count, this.stop, this.send),
      el("div", {class: "keys"},
        el("span", {"aria-hidden": "true"}, el("kbd", {}, "Enter"), " sends · ", el("kbd", {}, "Shift Enter"), " new line · ",
          el("kbd", {}, "Esc"), " stops · ", el("kbd", {}, "/"), " focuses"),
        el("button", {type: "button", class: "keys-help", title: "All keys (?)", onclick: () => help.show()}, el("kbd", {}, "?"), " help")),
      help.root);
  }

  key(event) {
    if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
      event.preventDefault();
      this.submit();
    }
  }

  typed() {
    this.area.style.height = "auto";
    if (this.area.value) this.area.style.height = Math.min(this.area.scrollHeight, 180) + "px";
    const length = [...this.area.value].length;
    this.count.hidden = length < this.limit * 0.9;
    setText(this.count, `${length.toLocaleString("en")} / ${this.limit.toLocaleString("en")}`);
    this.count.classList.toggle("over", length > this.limit);
    this.send.disabled = !this.area.value.trim();
  }

  submit() {
    const text = this.area.value;
    if (!text.trim()) return;
    const length = [...text].length;
    if (length > this.limit) {
      this.say(`This question has ${length.toLocaleString("en")} characters; at most ${this.limit.toLocaleString("en")} are allowed. Shorten it, nothing is lost.`, "warn");
      return;
    }
    this.pending = text;
    this.act({type: "ask", text});
  }

  // The server began a turn: only what was sent is cleared, not what was typed meanwhile.
  begun() {
    if (this.pending != null && this.area.value === this.pending) this.area.value = "";
    this.pending = null;
    this.say("");
    this.typed();
  }

  setRunning(running) {
    this.running = running;
    this.stop.hidden = !running;
    this.send.hidden = running;
  }

  acting(name, about) {
    this.scenario.hidden = !name;
    this.scenario.replaceChildren("Acting out ", el("b", {}, name ?? ""), about ? `: ${about}` : "");
  }

  say(text, tone = "warn") {
    setText(this.noteText, text);
    this.note.hidden = !text;
    this.note.dataset.tone = tone;
  }
}
