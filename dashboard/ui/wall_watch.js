// Brings a wall back after an outage, however long, with nobody there. The document itself is never navigated: a reload
// that meets a server still on its way up would leave an error page, and nothing that tries again. So the page comes anew
// in a frame, behind what stands there, and takes its place when it speaks.

const BEAT = "streamgauge-wall-beat";
const SILENT_MS = 10000;
const LOOK_MS = 2000;
const PATIENCE_MS = 20000;
const PATIENCE_MAX_MS = 45000;
const COVER = "position:fixed;inset:0;width:100vw;height:100vh;border:0;z-index:3000;";

// In a frame of ours: says that it lives, and leaves the watch to the outside.
const framed = new URLSearchParams(location.search).has("framed");

class WallWatch {
  constructor() {
    this.patience = PATIENCE_MS;
    this.triedAt = -Infinity;
    this.heardAt = performance.now();
    this.onMessage = (event) => {
      if (event.origin !== location.origin || event.data !== BEAT) return;
      if (event.source === this.next?.contentWindow) this.take();
      if (event.source === this.frame?.contentWindow) this.heard();
    };
    window.addEventListener("message", this.onMessage);
    this.timer = setInterval(() => this.look(), LOOK_MS);
  }

  heard() {
    this.heardAt = performance.now();
    this.patience = PATIENCE_MS;
  }

  // The new one speaks: it takes the place of what stood still.
  take() {
    this.frame?.remove();
    this.frame = this.next;
    this.next = undefined;
    this.frame.style.opacity = "1";
  }

  async look() {
    const now = performance.now();
    if (document.hidden) return this.heard(); // a hidden page is told nothing
    if (this.asking || now - this.heardAt < SILENT_MS || now - this.triedAt < this.patience) return;
    this.asking = true;
    const signal = AbortSignal.timeout(5000);
    const answer = await fetch(new URL("healthz", location.href), {cache: "no-store", signal}).catch(() => null);
    this.asking = false;
    if (answer?.ok) this.begin();
  }

  begin() {
    if (this.triedAt > this.heardAt) this.patience = Math.min(PATIENCE_MAX_MS, this.patience * 1.5);
    this.triedAt = performance.now();
    const address = new URL(location.href);
    address.searchParams.set("framed", "1");
    this.next?.remove();
    this.next = el("iframe", {src: address, title: "Fleet", style: COVER + "opacity:0"});
    document.body.append(this.next);
  }

  end() {
    clearInterval(this.timer);
    window.removeEventListener("message", this.onMessage);
  }
}
