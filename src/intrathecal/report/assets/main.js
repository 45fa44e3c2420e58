// Brings the page to life: pictures, the drawing of the spine, the moment, and paper.

const read = (name) => JSON.parse(document.getElementById(name).textContent);

class Report {
  constructor(data, spoken) {
    this.data = data;
    this.spoken = spoken;
    this.sides = data.sides;
    this.curves = new Curves(data.bases, data.values);
    this.clock = new Clock(this.sides[0].epoch);
    const end = Math.max(...this.sides.map((side) => side.end));
    const two = this.sides.length > 1;
    this.marks = this.sides
      .flatMap((side) => side.marks.map((mark) => ({ ...mark, label: two ? side.key + mark.label : mark.label })))
      .sort((a, b) => a.at - b.at);
    this.moment = new Moment(this.clock, this.curves.timesOf("A"), end, this.marks);
    this.charts = data.plots.map((plot) => this.chart(plot)).filter(Boolean);
    this.spine = document.getElementById("spine") && new SpinePanel(this);
    if (document.getElementById("time-slider")) bindControls(this.moment);
    this.moment.moved.push((at) => this.charts.forEach((chart) => chart.mark(at)));
    this.moment.framed.push(() => this.charts.forEach((chart) => chart.draw()));
    addEventListener("beforeprint", () => this.charts.forEach((chart) => chart.paper(true)));
    addEventListener("afterprint", () => this.charts.forEach((chart) => chart.paper(false)));
    for (const figure of document.querySelectorAll("figure[data-table]")) bindTable(figure);
    document.documentElement.dataset.ready = "yes";
  }

  chart(plot) {
    const figure = document.querySelector(`figure[data-plot="${CSS.escape(plot.name)}"]`);
    if (!figure) return null;
    const chart = new TimeChart(this, figure, plot);
    for (const box of figure.querySelectorAll("input[data-line]")) {
      box.addEventListener("change", () => chart.choose(box.dataset.line, box.checked));
    }
    const say = (text) => (figure.querySelector(".said").textContent = text);
    figure.querySelector(".copy").addEventListener("click", () => copyText(csvText(chart.table()), say));
    figure.querySelector(".save").addEventListener("click", () => {
      saveFile(`${plot.name}.svg`, chart.picture(), "image/svg+xml");
      say("Saved as SVG.");
    });
    return chart;
  }
}

function bindTable(figure) {
  const say = (text) => (figure.querySelector(".said").textContent = text);
  figure.querySelector(".copy").addEventListener("click", () => copyText(csvText(tableOf(figure.querySelector("table"))), say));
}

// The drawing for the moment, the figures beside it, and the drawings for paper.
class SpinePanel {
  constructor(report) {
    this.report = report;
    const { spine } = report.data;
    this.backbone = new Backbone(spine.levels);
    this.drugs = spine.drugs;
    this.drawings = report.sides.map((side) => {
      const drawing = new SpineDrawing(this.backbone, false);
      document.querySelector(`#spine [data-side="${side.key}"]`).append(drawing.svg);
      return drawing;
    });
    for (const input of document.querySelectorAll("#spine input")) input.addEventListener("change", () => this.draw());
    report.moment.moved.push(() => this.draw());
    this.draw();
    this.paper(spine.moments);
  }

  valueOf(side, drug, at) {
    return (site) => {
      const name = `${side.key}/${drug.name}/${site}`;
      return this.report.curves.has(name) ? valueAt(this.report.curves.get(name), at, false) * drug.factor : NaN;
    };
  }

  tipOf(side, at) {
    return side.tips.findLast((tip) => tip.at <= at);
  }

  // What the drawing shows, in a sentence.
  told(side, drug, at) {
    const valueOf = this.valueOf(side, drug, at);
    const values = this.backbone.levels.map(({ name }) => [valueOf(name), name]).filter(([value]) => value > 0);
    const [value, name] = values.length ? values.reduce((a, b) => (b[0] > a[0] ? b : a)) : [0, ""];
    const most = value ? `most at ${name}, ${withUnit(value, drug.unit)}` : "none in the fluid";
    const cisterna = withUnit(valueOf("cisterna_magna"), drug.unit);
    return `${drug.title}, ${this.report.clock.text(at)}: ${most}; cisterna magna ${cisterna}.`;
  }

  draw() {
    const chosen = (name) => document.querySelector(`#spine input[name="${name}"]:checked`)?.value;
    const drug = this.drugs.find((of) => of.name === chosen("drug")) ?? this.drugs[0];
    const log = chosen("scale") !== "linear";
    const { at } = this.report.moment;
    this.report.sides.forEach((side, index) => {
      const drawing = this.drawings[index];
      drawing.catheter(this.tipOf(side, at));
      drawing.paint(drug, log, this.valueOf(side, drug, at));
      drawing.svg.setAttribute("aria-label", `Spine. ${this.told(side, drug, at)}`);
    });
    document.querySelector("#spine .scale").replaceChildren(...scaleBar(drug, log));
    document.getElementById("spine-moment").textContent = this.report.clock.text(at);
    this.figures(at);
  }

  // The table of the moment: cells are marked with what they show.
  figures(at) {
    for (const cell of document.querySelectorAll("#spine-figures [data-value]")) {
      const { value, factor, step } = cell.dataset;
      const known = this.report.curves.has(value);
      cell.textContent = known ? figure(valueAt(this.report.curves.get(value), at, Boolean(step)) * Number(factor)) : "–";
    }
  }

  paper(moments) {
    for (const strip of document.querySelectorAll(".paper-spines")) {
      const drug = this.drugs.find((of) => of.name === strip.dataset.drug);
      const side = this.report.sides.find((of) => of.key === strip.dataset.side);
      for (const at of moments) {
        const drawing = new SpineDrawing(this.backbone, true);
        drawing.catheter(this.tipOf(side, at));
        drawing.paint(drug, true, this.valueOf(side, drug, at));
        drawing.svg.setAttribute("aria-label", this.told(side, drug, at));
        strip.append(make("div", {}, make("p", {}, this.report.clock.text(at)), drawing.svg));
      }
      strip.after(make("div", { class: "scale on-paper" }, ...scaleBar(drug, true)));
    }
  }
}

new Report(read("data"), read("spoken"));
