// When the figures are drawn: in the frame after there was something new, and never what nobody could see.

const FRAME_MS = 4; // charts hold up one frame so long at most; text comes first, and the other figures in the next one
const PAINT_SHARE = 0.1; // of the time, at most: a machine that is slow, or busy, moves its charts less often

class Painter {
  constructor(figures, source, range) {
    this.rows = new Rows(source);
    this.range = range;
    this.restsUntil = 0;
    this.figures = new Map(Object.entries(figures).map(([name, plot]) => [name, new FigurePainter(plot, this.rows, () => this.soon())]));
  }

  // `places`: the element around each figure, by name.
  watch(places) {
    const names = new Map([...places].map(([name, place]) => [place, name]));
    this.sight = new IntersectionObserver((entries) => {
      for (const {target, isIntersecting} of entries) {
        const figure = this.figures.get(names.get(target));
        figure.near = isIntersecting;
        figure.late ||= isIntersecting;
      }
      this.soon();
    });
    for (const [place, name] of names) {
      const figure = this.figures.get(name);
      this.sight.observe(place);
      for (const kind of ["pointerenter", "pointermove", "pointerdown"]) place.addEventListener(kind, () => figure.point(true), {capture: true});
      place.addEventListener("pointerleave", () => figure.point(false));
    }
  }

  take(rows) {
    const span = rows.span ?? this.range.end - this.range.start;
    this.rows.take(rows);
    const end = this.rows.times.at(-1);
    this.range.setv({start: end - span, end}, {silent: true, sync: false});
    for (const figure of this.figures.values()) {
      figure.late = true;
      if (figure.pointed) figure.freshen();
    }
    this.soon();
  }

  cover(name, covered) {
    const figure = this.figures.get(name); // none any more when the board is gone
    if (figure) figure.covered = covered;
    this.soon();
  }

  // The one that was drawn longest ago first.
  get waiting() {
    return [...this.figures ?? []].filter(([, figure]) => figure.late && figure.seen);
  }

  soon() {
    if (this.asked || !this.waiting.length) return;
    this.asked = true;
    const soon = () => alongside(() => requestAnimationFrame(() => this.frame()));
    const rest = this.restsUntil - performance.now();
    if (rest > 0) setTimeout(soon, rest);
    else soon();
  }

  frame() {
    this.asked = false;
    const began = performance.now();
    let ended = began;
    for (const [name, figure] of this.waiting) {
      if (ended - began >= FRAME_MS) break;
      figure.paint();
      this.figures.delete(name);
      this.figures.set(name, figure);
      ended = performance.now();
    }
    this.restsUntil = ended + (ended - began) / PAINT_SHARE;
    this.soon();
  }

  end() {
    this.sight?.disconnect();
    this.figures.clear();
  }
}
