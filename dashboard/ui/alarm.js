// What fires, in words; and what this browser's person has acknowledged: an alert that fires anew has another id.

const ACKNOWLEDGED = "streamgauge-acknowledged";
const KEPT = 200;

function acknowledged() {
  try {
    const ids = JSON.parse(localStorage.getItem(ACKNOWLEDGED));
    return new Set(Array.isArray(ids) ? ids : []);
  } catch {
    return new Set();
  }
}

// Storage that is full or forbidden: it is acknowledged until the page is loaded again.
function acknowledge(ids) {
  const all = [...acknowledged(), ...ids].slice(-KEPT);
  try {
    localStorage.setItem(ACKNOWLEDGED, JSON.stringify(all));
  } catch {}
  return new Set(all);
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
      el("div", {class: "then"}, alarm.detail ? `${alarm.detail}. ` : "", alarm.next, " ",
        el("a", {href: `${runbooks}#${alarm.anchor}`, target: "_blank", rel: "noopener"}, "Runbook"))),
    ...more);
}
