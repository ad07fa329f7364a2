// What fires, in words; and what this browser's person has acknowledged: an alert that fires anew has another id.

const ACKNOWLEDGED = "streamgauge-acknowledged";
const KEPT = 200;

// Where storage is full or forbidden: until the page is loaded again.
let unsaved = [];

function acknowledged() {
  let ids;
  try {
    ids = JSON.parse(localStorage.getItem(ACKNOWLEDGED));
  } catch {}
  return new Set([...(Array.isArray(ids) ? ids : []), ...unsaved]);
}

// `done` false takes it back. Whoever shows alarms hears of it by an event of that name; storage events reach other tabs only.
function acknowledge(id, done = true) {
  const others = [...acknowledged()].filter((each) => each !== id);
  const all = (done ? [...others, id] : others).slice(-KEPT);
  try {
    localStorage.setItem(ACKNOWLEDGED, JSON.stringify(all));
    unsaved = [];
  } catch {
    unsaved = all;
  }
  window.dispatchEvent(new Event(ACKNOWLEDGED));
}

// Calls `changed` whenever something is acknowledged, on this page or in another tab; gives what ends that.
function onAcknowledged(changed) {
  const stored = (event) => event.key === ACKNOWLEDGED && changed();
  window.addEventListener("storage", stored);
  window.addEventListener(ACKNOWLEDGED, changed);
  return () => {
    window.removeEventListener("storage", stored);
    window.removeEventListener(ACKNOWLEDGED, changed);
  };
}

// Where an alarm stays in sight: pressed once acknowledged, and pressed again it is not.
function acknowledgeToggle(alarm) {
  const isDone = () => acknowledged().has(alarm.id);
  const button = el("button", {type: "button", class: "done", title: "Hides it above the other views, in this browser, until it fires anew",
    onclick: () => acknowledge(alarm.id, !isDone())});
  button.draw = () => {
    button.setAttribute("aria-pressed", isDone());
    setText(button, isDone() ? "Acknowledged" : "Acknowledge");
  };
  button.draw();
  return button;
}

const ALARM_SIGNS = {
  page: "M5 1.2h6L14.8 5v6L11 14.8H5L1.2 11V5z M5.4 5.4l5.2 5.2m0-5.2l-5.2 5.2",
  ticket: "M8 1.6L15 14H1z M8 6.2v3.6m0 1.8v.3",
};

function alarmSign(severity) {
  const svg = icon("failed");
  svg.firstChild.setAttribute("d", ALARM_SIGNS[severity] ?? ALARM_SIGNS.ticket);
  return svg;
}

function alarmWords(alarm) {
  return alarm.backend ? [el("b", {}, alarm.backend), ` ${alarm.what}`] : [alarm.what];
}

// One alarm: the sentence, its numbers, since when, what next, and the way to its runbook.
function alarmLine(alarm, runbooks, now, ...more) {
  const since = new Date(alarm.since * 1000).toLocaleString();
  return el("li", {class: "alarm", "data-severity": alarm.severity, "data-alarm": alarm.name, "data-id": alarm.id},
    alarmSign(alarm.severity),
    el("div", {class: "said"},
      el("div", {class: "what"}, ...alarmWords(alarm), el("span", {class: "since", title: `since ${since}`}, ` for ${age(now - alarm.since)}`)),
      el("div", {class: "then"}, alarm.detail ? `${alarm.detail}. ` : "", ...coded(alarm.next), " ",
        el("a", {href: `${runbooks}#${alarm.anchor}`, target: "_blank", rel: "noopener"}, "Runbook"))),
    ...more);
}
