// Brings the page to life: pictures, the drawing of the spine, the moment, and paper.

const CHARTS = { histogram: Histogram, scatter: Scatter, tornado: Tornado };
const nameOf = ({ dataset }) => dataset.plot ?? dataset.map ?? dataset.bars ?? dataset.chart;

class Report {
  constructor(data) {
    this.data = data;
    this.spoken = data.spoken;
    this.sides = data.sides;
    this.curves = new Curves(data.bases, data.values);
    this.clock = new Clock(this.sides[0].epoch);
    const end = Math.max(...this.sides.map((side) => side.end));
    const two = this.sides.length > 1;
    this.marks = this.sides
      .flatMap((side) => side.marks.map((mark) => ({ ...mark, label: two ? side.key + mark.label : mark.label })))
      .sort((a, b) => a.at - b.at);
    this.moment = new Moment(this.clock, this.curves.timesOf("A"), end, this.marks, data.spine.first);
    this.drawings = [
      ...data.plots.map((plot) => this.drawing(`[data-plot="${CSS.escape(plot.name)}"]`, (at) => this.overTime(at, plot))),
      ...data.bars.map((bars) => this.drawing(`[data-bars="${CSS.escape(bars.name)}"]`, (at) => new Bars(this, at, bars))),
      ...data.charts.map((of) => this.drawing(`[data-chart="${CSS.escape(of.name)}"]`, (at) => new CHARTS[of.kind](this, at, of))),
      ...[...document.querySelectorAll("figure[data-map]")].map((at) => this.bind(at, new CanalMap(this, at))),
    ].filter(Boolean);
    if (document.getElementById("spine")) this.drawings.push(new SpinePanel(this));
    if (document.getElementById("time-slider")) bindControls(this.moment);
    for (const figure of document.querySelectorAll("figure[data-table]")) bindTools(figure, () => readTable(figure));
    const each = (action) => this.drawings.forEach(action);
    this.moment.moved.push((at) => each((drawing) => drawing.mark?.(at)));
    this.moment.framed.push(() => each((drawing) => drawing.reframe?.()));
    this.here = new AbortController();
    const { signal } = this.here;
    addEventListener("beforeprint", () => each((drawing) => drawing.paper?.(true)), { signal });
    addEventListener("afterprint", () => each((drawing) => drawing.paper?.(false)), { signal });
    document.documentElement.dataset.ready = "yes";
  }

  // Where other pictures take the place of these: nothing goes on drawing what is not there any more.
  leave() {
    this.here.abort();
    clearInterval(this.moment.film);
    for (const drawing of this.drawings) drawing.chart?.dispose();
  }

  overTime(figure, plot) {
    return plot.kind === "bands" ? new BandChart(this, figure, plot) : new TimeChart(this, figure, plot);
  }

  drawing(where, build) {
    const figure = document.querySelector(`figure${where}`);
    return figure && this.bind(figure, build(figure));
  }

  // Give a drawing its keys, its table, and the buttons that take both away.
  bind(figure, drawing) {
    const title = figure.querySelector("h3").textContent;
    const details = figure.querySelector("details.table");
    const box = figure.querySelector(".chart");
    const readout = figure.querySelector(".readout");
    if (drawing.mark) {
      box.addEventListener("keydown", (event) => this.moment.key(event));
      box.addEventListener("focus", () => readout.setAttribute("aria-live", "polite"));
      box.addEventListener("blur", () => readout.removeAttribute("aria-live"));
    }
    const tabulate = () => details.open && fillTable(details.querySelector("table"), title, drawing.table());
    if (drawing.table) details.addEventListener("toggle", tabulate);
    drawing.reframe = () => {
      drawing.draw();
      if (drawing.table) tabulate();
    };
    const table = drawing.table ? () => drawing.table() : () => readTable(figure);
    bindTools(figure, table, { name: nameOf(figure), draw: () => drawing.picture() });
    for (const input of figure.querySelectorAll("input[data-line]")) {
      input.addEventListener("change", () => {
        drawing.choose(input.dataset.line, input.checked);
        tabulate();
      });
    }
    return drawing;
  }
}
