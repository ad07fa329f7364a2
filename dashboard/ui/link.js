// The websocket to this page's own server, not the stream. A session outlives it by 15 s, and never its process: after
// that only a new page is a true one.

const LONGEST_AWAY_MS = 12000;

// A computer that slept has lost its session long before it notices: its clock jumps, and its timers were not called.
let seenAt = Date.now();
let wokeAt = -Infinity;

function slept() {
  const now = Date.now();
  if (now - seenAt > LONGEST_AWAY_MS) wokeAt = now;
  seenAt = now;
  return now - wokeAt < 30000;
}

setInterval(slept, 1000);

class ServerLink {
  constructor(reload) {
    this.reload = reload;
    this.offline = false;
  }

  lost(event) {
    if (!this.offline) this.lostAt = performance.now();
    this.offline = true;
    this.reconnect = () => {
      forgetCutMessage(event.connection?.deref());
      event.reconnect();
    };
    this.watch ??= setInterval(() => this.look(), 1000);
  }

  async look() {
    const answer = await fetch(new URL("healthz", location.href), {cache: "no-store"}).catch(() => null);
    if (!answer?.ok || !this.offline) return;
    const away = performance.now() - this.lostAt;
    const same = (await answer.json()).uptime_s * 1000 > away;
    if (!same || slept() || away > LONGEST_AWAY_MS || performance.now() - this.triedAt > 10000) return this.reload();
    if (this.triedAt == null) this.reconnect();
    this.triedAt ??= performance.now();
  }

  found() {
    this.end();
    this.offline = false;
    this.triedAt = undefined;
  }

  end() {
    clearInterval(this.watch);
    this.watch = undefined;
  }
}

// Bokeh reads the new websocket with the receiver of the old one. Cut in the middle of a message, it would take the
// first pieces of the new one for that message's rest, and nothing would be understood any more.
function forgetCutMessage(connection) {
  const receiver = connection?._receiver;
  if (receiver) connection._receiver = new receiver.constructor();
}
