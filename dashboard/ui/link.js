// The websocket to this page's own server, not the stream. A session outlives it by 15 s, and never its process: after
// that only a new page is a true one.

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
    if (!same || away > 12000 || performance.now() - this.triedAt > 10000) return this.reload();
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
