// Where text alone was added before the closing tags it goes into the node that is open: a long block of code is not
// parsed anew with each line. `closing`: what followed in the old HTML; `html`: what follows in the new.
function appended(node, closing, html) {
  const [, newline, tags] = closing.match(/^(\n?)((?:<\/\w+>\n?)*)$/) ?? [];
  if (!tags || !html.endsWith(closing)) return false;
  const added = html.slice(0, html.length - closing.length);
  if (!added || added.includes("<")) return false;
  let at = node;
  for (let depth = tags.split("</").length - 1; depth > 0; depth--) at = at?.lastElementChild;
  const last = at?.lastChild;
  if (last?.nodeType !== Node.TEXT_NODE || !last.data.endsWith(newline)) return false;
  const told = el("template", {});
  setHtml(told, added);
  last.insertData(last.length - newline.length, told.content.textContent);
  return true;
}

const METER_MS = 240;

// One turn: question, phases, live line, answer blocks, verdict, numbers, actions.

class TurnView {
  constructor(turn, act) {
    this.id = turn.id;
    this.act = act;
    this.heard = performance.now();
    this.phases = el("ol", {class: "phases", "aria-label": "Phases"});
    this.typing = el("div", {class: "typing", "aria-hidden": "true", hidden: true},
      el("i"), el("i"), el("i"));
    this.reasoningText = el("div", {class: "reasoning-text"});
    this.reasoning = el("details", {class: "reasoning", hidden: true},
      el("summary", {}, icon("chevron"), "Reasoning"), this.reasoningText);
    this.blocks = el("div", {class: "answer", dir: "auto"});
    this.meter = el("div", {class: "meter", hidden: true});
    // While it streams: for a place that the growing text does not push.
    this.now = el("div", {class: "now", hidden: true}, this.inspectLink(), this.meter);
    this.verdict = el("div", {class: "verdict-place"});
    this.numbers = el("dl", {class: "numbers", hidden: true});
    this.actions = this.makeActions();
    this.foot = el("div", {class: "foot"}, this.numbers, this.actions);
    this.root = el("article", {class: "turn", "data-turn": turn.id, "aria-label": "Question and answer"},
      el("div", {class: "question-row"},
        el("div", {class: "question", dir: "auto"}, turn.question), el("div", {class: "asked-of"}, turn.about)),
      this.phases, this.reasoning, this.blocks, this.typing, this.verdict, this.foot);
    this.update(turn);
  }

  inspectLink() {
    return el("a", {class: "ghost inspect-link", href: `?view=inspect&turn=${encodeURIComponent(this.id)}`,
      title: "See this turn in full: what arrived when, and what it meant", onclick: (event) => {
        if (event.ctrlKey || event.metaKey || event.shiftKey || event.button) return;
        event.preventDefault();
        this.act({type: "inspect", turn: this.id});
      }}, icon("inspect"), el("span", {}, "Inspect"));
  }

  makeActions() {
    const clip = (what) => () => this.act({type: "clip", turn: this.id, what});
    return el("div", {class: "actions"}, this.inspectLink(),
      button("Copy", "copy", clip("answer"), {class: "ghost", title: "Copy the answer as markdown"}),
      button("curl", "curl", clip("curl"), {class: "ghost", title: "Copy the request as a curl command"}),
      button("Ask again", "again", () => this.act({type: "again", turn: this.id}), {class: "ghost again", title: "The same request once more, to the backend that answered"}),
      button("Ask another", "compare", () => this.act({type: "other", turn: this.id}),
        {class: "ghost other", title: "Ask another backend the same question, side by side"}));
  }

  update({fields = {}, blocks, reasoning}) {
    if (blocks) this.showBlocks(blocks);
    if (reasoning) this.showReasoning(reasoning);
    if ("phases" in fields) this.showPhases(fields.phases);
    if ("typing" in fields) this.typing.hidden = !fields.typing;
    if ("live" in fields) this.showLive(fields.live);
    if ("meter" in fields) [this.live, this.heard] = [fields.meter, performance.now()];
    if (Object.keys(fields).some((name) => name !== "meter")) this.ticked = 0;
    if (fields.verdict) this.showVerdict(fields.verdict);
    if ("numbers" in fields) this.showNumbers(fields.numbers);
    this.tick();
  }

  showLive(live) {
    this.root.dataset.live = live;
    this.blocks.setAttribute("aria-busy", live);
    for (const each of this.actions.querySelectorAll("button")) each.hidden = live;
    this.now.hidden = this.meter.hidden = !live;
    this.foot.hidden = live;
  }

  // Of a block that grows only the new end is sent: `keep` characters of what it was stay.
  showBlocks({from, keep = 0, html}) {
    while (this.blocks.children.length > from + html.length) this.blocks.lastChild.remove();
    html.forEach((block, i) => {
      let node = this.blocks.children[from + i];
      if (!node) this.blocks.append(node = el("div", {class: "block"}));
      const old = i === 0 && keep ? node.sent : "";
      const whole = old.slice(0, keep) + block;
      if (node.sent !== whole && !(old && appended(node, old.slice(keep), block))) setHtml(node, whole);
      node.sent = whole;
    });
  }

  showReasoning({from, text}) {
    const had = this.reasoningText.textContent;
    this.reasoningText.textContent = had.slice(0, from) + text;
    this.reasoning.hidden = !this.reasoningText.textContent;
  }

  showPhases(phases) {
    this.phases.replaceChildren(...phases.map((phase) => {
      const facts = phase.facts.map((fact) => el("span", {class: "fact"}, fact));
      const label = [el("span", {class: "sign", "aria-hidden": "true"}, phase.icon), el("span", {}, phase.text), ...facts];
      const inner = phase.why
        ? el("details", {class: "why"}, el("summary", {title: phase.why}, ...label, icon("chevron")),
          el("p", {dir: "auto"}, phase.why))
        : el("span", {class: "plain"}, ...label);
      return el("li", {class: phase.now ? "phase now" : "phase"}, inner);
    }));
    this.phases.hidden = !phases.length;
  }

  showVerdict(v) {
    const more = [];
    if (v.evidence.length) more.push(el("h4", {}, "Evidence"), el("ul", {}, ...v.evidence.map((line) => el("li", {}, line))));
    if (v.detail) more.push(el("h4", {}, "In the server's words"), el("pre", {}, v.detail));
    if (v.frames?.length) more.push(el("h4", {}, "It began with"), el("pre", { class: "frames" }, v.frames.join("\n")));
    if (v.proposal) {
      more.push(el("h4", {}, "The text may stand here; for config.yaml"), el("pre", { class: "frames" }, v.proposal));
    }
    if (v.next) more.push(el("h4", {}, "Next step"), el("p", {}, v.next));
    const head = [el("span", {class: "badge"}, icon(v.outcome), el("span", {class: "word"}, v.word)),
      el("span", {class: "sentence"}, ...blamed(v.sentence))];
    this.verdict.replaceChildren(more.length
      ? el("details", {class: `verdict ${v.tone}`, "data-outcome": v.outcome},
        el("summary", {}, ...head, icon("chevron")), el("div", {class: "more"}, ...more))
      : el("div", {class: `verdict ${v.tone}`, "data-outcome": v.outcome}, ...head));
  }

  showNumbers(numbers) {
    this.numbers.hidden = !numbers.length;
    this.numbers.replaceChildren(...numbers.map(([label, value, about]) =>
      el("div", {title: about, tabindex: 0, "aria-label": `${label} ${value}. ${about}`}, el("dt", {}, label), el("dd", {}, value))));
  }

  // Called a few times a second: silence and countdowns go on without any message. Nobody reads numbers that change faster.
  tick() {
    if (!this.live || this.meter.hidden || performance.now() - this.ticked < METER_MS) return;
    this.ticked = performance.now();
    const since = (performance.now() - this.heard) / 1000;
    const parts = [];
    if (this.live.retry_s != null) parts.push(`next attempt in ${duration(Math.max(0, this.live.retry_s - since))}`);
    if (this.live.ttft) parts.push(`TTFT ${this.live.ttft}`);
    else if (this.live.waited_s != null) parts.push(`no text yet, ${duration(this.live.waited_s + since)}`);
    if (this.live.ttft) parts.push(this.live.chunks);
    const silent = this.silence();
    if (silent >= 1.5) parts.push(`silent for ${duration(silent)}`);
    setText(this.meter, parts.join(" · "));
    this.meter.classList.toggle("quiet", silent >= 5);
  }

  silence() {
    if (!this.live || this.live.silent_s == null || this.meter.hidden) return 0;
    return this.live.silent_s + (performance.now() - this.heard) / 1000;
  }
}
