// Building blocks of the DOM. Text goes in as text nodes only; `html` is for blocks that the server has sanitised.

const SVG = "http://www.w3.org/2000/svg";

const ICONS = {
  wave: "M1.5 9.2c1.9-4.4 3.9-4.4 6.2 0s4.4 4.2 6.8-.6",
  completed: "M3.5 8.5l3 3 6-7",
  stopped: "M5 5h6v6H5z",
  failed: "M4.5 4.5l7 7m0-7l-7 7",
  truncated: "M2 8h4.5M9.5 3.5l-3 9M10 8h1m2 0h1",
  stalled: "M6 4.5v7m4-7v7",
  malformed: "M2.5 9.5l2.5-5 2 7 2.5-7 2 7 2-4",
  rejected: "M8 2.5a5.5 5.5 0 1 0 0 11 5.5 5.5 0 0 0 0-11zM4.2 4.2l7.6 7.6",
  unreachable: "M2.5 6.5a8 8 0 0 1 11 0M5 9a4.5 4.5 0 0 1 6 0M8 12v.5M3 2.5l10 11",
  send: "M8 13V3.5M3.8 7.5L8 3.3l4.2 4.2",
  stop: "M4.5 4.5h7v7h-7z",
  plus: "M8 3.5v9M3.5 8h9",
  copy: "M6 6h6.5v6.5H6zM3.5 10V3.5H10",
  curl: "M3 5l3 3-3 3m5 .5h5",
  again: "M12.5 6.5A5 5 0 1 0 13 9m0-5.5v3h-3",
  compare: "M3 3.5h4v9H3zM9 3.5h4v9H9z",
  chevron: "M6 4.5L9.5 8 6 11.5",
  down: "M8 3v9.5M3.8 8.5L8 12.7l4.2-4.2",
  play: "M5.5 3.8l6.5 4.2-6.5 4.2z",
  open: "M2.5 12.5v-9h4l1.5 2h5.5v7z",
  minus: "M3.5 8h9",
  back: "M9.5 4L5.5 8l4 4",
  inspect: "M7 2.5a4.5 4.5 0 1 0 0 9 4.5 4.5 0 0 0 0-9zM10.4 10.4L13.5 13.5",
};

function el(tag, props, ...children) {
  const node = document.createElement(tag);
  for (const [key, value] of Object.entries(props ?? {})) {
    if (value == null || value === false) continue;
    if (key === "class") node.className = value;
    else if (key.startsWith("on")) node.addEventListener(key.slice(2), value);
    else node.setAttribute(key, value === true ? "" : value);
  }
  node.append(...children.filter((child) => child != null));
  return node;
}

function icon(name) {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("viewBox", "0 0 16 16");
  svg.setAttribute("aria-hidden", "true");
  svg.setAttribute("class", "icon");
  const path = document.createElementNS(SVG, "path");
  path.setAttribute("d", ICONS[name] ?? ICONS.failed);
  svg.append(path);
  return svg;
}

function button(label, iconName, onclick, props = {}) {
  const {quiet, ...rest} = props;
  return el("button", {type: "button", onclick, ...rest, ...(quiet ? {"aria-label": label, title: label} : {})},
    iconName ? icon(iconName) : null, quiet ? null : el("span", {}, label));
}

function setText(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

// Whose fault stands first in a diagnosis and is what the eye should meet.
function blamed(sentence) {
  const [, whose, rest] = sentence.match(/^([A-Z][^:.“"]{1,40})(: .*)$/s) ?? [null, null, sentence];
  return whose ? [el("b", {class: "whose"}, whose), rest] : [rest];
}

// What stands in backticks is a name to type.
function coded(text) {
  return text.split("`").map((part, i) => (i % 2 ? el("code", {}, part) : part));
}

function setHtml(node, html) {
  node.innerHTML = html; // sanitised by dashboard.ui.markdown: no scripts, no images, no handlers
}

// What the server's `_send_msg` sent (dashboard.ui.post).
function letter(event) {
  const data = event.data ?? event;
  return typeof data === "string" ? JSON.parse(data) : data;
}

// What stood there before any script ran goes when what takes its place is seen: two frames on, and where the window is
// narrow after its side has closed (nav.js).
function bare() {
  const away = () => requestAnimationFrame(() => requestAnimationFrame(() => document.getElementById("streamgauge-opening")?.remove()));
  setTimeout(away, matchMedia("(max-width: 1199px)").matches ? 350 : 0);
}

// What can wait a moment is shown in a frame that is drawn anyway: an answer that streams draws 25 a second, and each
// has a price of its own.
const DRAWS = "streamgauge-draws", LULL_MS = 50;

function drawing() {
  document.dispatchEvent(new Event(DRAWS));
}

function alongside(show) {
  const now = () => {
    clearTimeout(timer);
    document.removeEventListener(DRAWS, now);
    show();
  };
  const timer = setTimeout(now, LULL_MS);
  document.addEventListener(DRAWS, now);
}

// For a component that shows numbers: what it is told, all of it anew when it has rendered or its websocket came back.
function listen(model, view, receive) {
  const page = view.model.document;
  const sync = () => model.send_msg({type: "sync"});
  model.on("msg:custom", (event) => receive(letter(event)));
  model.on("after_render", sync);
  page?.on_event("client_reconnected", sync);
  model.on("remove", () => page?.remove_on_event?.("client_reconnected", sync));
}

function duration(s) {
  if (s < 10) return s.toFixed(1) + " s";
  if (s < 60) return Math.round(s) + " s";
  return Math.floor(s / 60) + " min " + Math.round(s % 60) + " s";
}

async function toClipboard(text, root) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    const area = el("textarea", {class: "offscreen", "aria-hidden": "true"});
    area.value = text;
    root.append(area);
    area.select();
    const done = document.execCommand("copy");
    area.remove();
    return done;
  }
}

// What this browser tab remembers over a reload; nothing where the browser keeps nothing (storage switched off).
const TAB = "streamgauge-";

function recall(name) {
  try {
    return sessionStorage.getItem(TAB + name) ?? "";
  } catch {
    return "";
  }
}

function remember(name, value) {
  try {
    if (value) sessionStorage.setItem(TAB + name, value);
    else sessionStorage.removeItem(TAB + name);
  } catch { /* then a reload begins anew */ }
}

// A file that came over the websocket, where Panel's auth is; there is no address to fetch it from.
function download(name, type, text) {
  const link = el("a", {href: URL.createObjectURL(new Blob([text], {type})), download: name});
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10000);
}

// What a screen reader says by itself: that something begins, ends or is lost. Never the text as it streams.
class Announcer {
  constructor() {
    this.root = el("p", {class: "offscreen announcer", role: "status", "aria-live": "polite"});
  }

  say(text) {
    setText(this.root, text);
  }
}
