// What moves in the figures, drawn by Bokeh's own glyphs on Bokeh's own canvas, and no more than that. Left to itself Bokeh
// would, for every new row, copy each glyph's data six times, index it for the pointer and measure its axes over and over.

const ROOM = 0.24; // above what is drawn, as a share of it: there the signs of marks stand

// The rows of all figures, and sums of their columns.
class Rows {
  constructor(source) {
    this.source = source;
    this.sums = new Map();
    this.taken = 0;
  }

  // Told to nobody: whoever draws them is asked to.
  take({all, add, keeps}) {
    this.taken++;
    this.sums.clear();
    if (all) return this.source.setv({data: measured(all)}, {silent: true, sync: false});
    for (const [name, column] of Object.entries(measured(add))) {
      const had = this.source.data[name];
      had.push(...column);
      if (had.length > keeps) had.splice(0, had.length - keeps);
    }
  }

  get times() {
    return this.source.data.t;
  }

  sum(names) {
    if (names.length === 1) return this.source.data[names[0]];
    const key = names.join();
    if (!this.sums.has(key)) {
      const columns = names.map((name) => this.source.data[name]);
      this.sums.set(key, this.times.map((_, row) => columns.reduce((sum, column) => sum + column[row], 0)));
    }
    return this.sums.get(key);
  }
}

// The columns that a coordinate of a glyph adds up; none for a constant, which is nought everywhere here.
function columnsOf({expr, field}) {
  return expr ? expr.fields : field ? [field] : [];
}

const same = (one, other) => one === other || (one !== one && other !== other);

// The rows at which one of the columns bends: of a run of equal values the first and the last say it all.
function bends(...columns) {
  const kept = [], last = columns[0].length - 1;
  for (let row = 0; row <= last; row++) {
    const flat = row > 0 && row < last && columns.every((column) => same(column[row - 1], column[row]) && same(column[row], column[row + 1]));
    if (!flat) kept.push(row);
  }
  return kept;
}

const rowsOf = (column) => [...column.keys()];

// How each kind of glyph is drawn: the ends of its coordinates, and its place on the screen from those of its rows.
const STROKES = {
  VAreaStep: {ends: ["y1", "y2"], rows: bends, place: (sx, [sy1, sy2]) => ({sx, sy1, sy2})},
  Step: {ends: ["y"], rows: bends, place: (sx, [sy]) => ({sx, sy})},
  Line: {ends: ["y"], rows: bends, place: (sx, [sy]) => ({sx, sy})},
  Scatter: {ends: ["y"], rows: (column) => rowsOf(column).filter((row) => column[row] === column[row]), place: (sx, [sy]) => ({sx, sy})},
  VBar: {
    ends: ["bottom", "top"],
    rows: (bottom, top) => rowsOf(top).filter((row) => top[row] > bottom[row]),
    place: (sx, [sbottom, stop], half, {left, right}) =>
      ({sleft: sx.map((x) => Math.max(x - half, left)), sright: sx.map((x) => Math.min(x + half, right)), sbottom, stop}),
  },
};

class Stroke {
  constructor(view, rows) {
    this.view = view.glyph;
    this.rows = rows;
    const {model} = this.view;
    this.kind = STROKES[model.type];
    this.ends = this.kind.ends.map((end) => columnsOf(model[end]));
    this.width = columnsOf(model.width ?? {});
  }

  columns() {
    return this.ends.map((names) => this.rows.sum(names));
  }

  most() {
    return this.columns().at(-1).reduce((most, value) => (value > most ? value : most), 0);
  }

  draw(ctx, sx, x, y, box) {
    const columns = this.columns();
    const kept = this.kind.rows(...columns);
    const half = this.width.length ? Math.abs(x(this.rows.sum(this.width).at(-1)) - x(0)) / 2 : 0;
    const place = this.kind.place(kept.map((row) => sx[row]), columns.map((column) => kept.map((row) => y(column[row]))), half, box);
    this.view.paint(ctx, rowsOf(kept), place);
  }
}

// An axis measures its labels once for each set of them; sizes are in pixels, whatever the font around them is.
function measureOnce(axis) {
  const compute = axis.compute_labels;
  let key, labels;
  axis.compute_labels = (ticks) => {
    if (key === ticks.join()) return labels;
    key = ticks.join();
    labels = compute.call(axis, ticks);
    for (const label of labels.items) {
      const measure = label._size;
      let size;
      label._size = () => size ??= measure.call(label);
    }
    return labels;
  };
}

// One figure: `late` when there is something new to draw, `asked` when Bokeh wants it all done anew (for another size, new
// marks, wider labels), `seen` when somebody could see it.
class FigurePainter {
  constructor(plot, rows, soon) {
    this.plot = plot;
    this.rows = rows;
    this.late = this.covered = this.asked = true;
    this.near = this.pointed = false;
    const views = plot.computed_renderer_views;
    const [ground] = plot.model.toolbar.tools.flatMap((tool) => tool.renderers);
    const glyphs = views.filter((view) => view.glyph && view.model !== ground);
    this.ground = views.find((view) => view.model === ground);
    this.guides = views.filter((view) => !view.glyph);
    this.marks = glyphs.filter((view) => view.model.data_source !== rows.source);
    this.strokes = glyphs.filter((view) => view.model.data_source === rows.source).map((view) => new Stroke(view, rows));
    for (const view of this.guides) {
      for (const visual of view.visuals) visual._get_css_value = () => ""; // no style sheet colours them
      if (view.compute_labels) measureOnce(view);
    }
    Object.defineProperty(plot, "base_font_size", {value: null, configurable: true});
    plot._paint_primary = (ctx) => this.settled(ctx);
    plot.schedule_paint = () => {
      this.late = this.asked = true;
      soon();
    };
    plot.canvas_view.overlays.el.style.display = "none"; // nothing is drawn there; a canvas costs every frame of the page
  }

  get seen() {
    return this.near && !this.covered;
  }

  // Bokeh paints: the places of axes may be others.
  settled(ctx) {
    for (const view of this.known ? this.guides : this.plot.computed_renderer_views) {
      view.update_position();
      view.mark_finished();
    }
    this.known = true;
    this.draw(ctx);
  }

  paint() {
    const {plot} = this;
    this.late = false;
    if (plot.is_paused || !plot.is_displayed) return; // Bokeh asks again, or it comes into sight
    this.reach();
    if (this.asked) {
      this.asked = false;
      plot.invalidate_painters();
      return plot.repaint();
    }
    const {primary} = plot.canvas_view;
    this.draw(primary.prepare());
    primary.finish();
    if (this.pointed) plot.repainted.emit(); // the tooltip follows
  }

  // The height of what is drawn. The numbers beside it may become wider: then Bokeh makes room for them.
  reach() {
    const most = Math.max(...this.strokes.map((stroke) => stroke.most()));
    this.plot.model.y_range.setv({end: most ? (most + Math.max(most * (1 + ROOM), 1)) / 2 : 1}, {silent: true, sync: false});
    const width = this.widest();
    this.asked ||= width !== this.width;
    this.width = width;
  }

  // In characters.
  widest() {
    const {left: [axis], y_range: {start, end}} = this.plot.model;
    const ticks = axis.ticker.get_ticks(start, end, null, 0).major.filter((tick) => tick <= end);
    return Math.max(...axis.formatter.doFormat(ticks, {loc: 0}).map((text) => text.length));
  }

  draw(ctx) {
    const {frame} = this.plot;
    const x = frame.x_scale.s_compute, y = frame.y_scale.s_compute;
    ctx.save();
    ctx.beginPath();
    ctx.rect(...frame.bbox.args);
    ctx.clip();
    for (const view of this.guides) if (view.displayed) view._draw_grids?.(ctx);
    const sx = this.rows.times.map(x);
    for (const stroke of this.strokes) stroke.draw(ctx, sx, x, y, frame.bbox);
    for (const {glyph} of this.marks) {
      glyph.map_data();
      glyph.paint(ctx, Array.from({length: glyph.data_size}, (_, row) => row));
    }
    ctx.restore();
    for (const view of this.guides) view._draw_major_labels?.(ctx, {tick: view.model.major_tick_out}, view.tick_coords);
  }

  // What the pointer meets is told the rows only while there is a pointer.
  point(pointed) {
    this.pointed = pointed;
    if (pointed) this.freshen();
  }

  async freshen() {
    if (this.met === this.rows.taken) return;
    this.met = this.rows.taken;
    this.ground.cds_view.compute_indices();
    await this.ground.set_data();
    this.ground.glyph.map_data();
  }
}
