// All keys of a view in one place; a dialog of the browser's own: Esc closes it, and the focus returns.

class Help {
  constructor(keys) {
    this.root = el("dialog", {class: "help", "aria-label": "Keys"}, el("h2", {}, "Keys"),
      el("dl", {}, ...[...keys, ["?", "shows this"]].map(([key, does]) => el("div", {}, el("dt", {}, el("kbd", {}, key)), el("dd", {}, does)))),
      button("Close", null, () => this.root.close(), {class: "help-close"}));
    this.root.addEventListener("click", (event) => { if (event.target === this.root) this.root.close(); });
  }

  show() {
    if (!this.root.open) this.root.showModal();
  }
}

// Whether a key pressed there is text for a field and no shortcut.
function typing(event) {
  const at = event.composedPath()[0];
  return at instanceof HTMLElement && (at.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(at.tagName));
}
