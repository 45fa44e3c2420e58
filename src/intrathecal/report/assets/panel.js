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
    const figure = document.getElementById("spine");
    const picture = { name: "spine", draw: () => svgText(this.drawings[0].svg) };
    bindTools(figure, () => readTable(figure.querySelector("details.table")), picture);
    this.draw();
    this.onPaper(spine.moments);
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

  mark() {
    this.draw();
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
    for (const cell of document.querySelectorAll("#spine [data-value]")) {
      const { value, factor, step } = cell.dataset;
      const known = this.report.curves.has(value);
      cell.textContent = known ? figure(valueAt(this.report.curves.get(value), at, Boolean(step)) * Number(factor)) : "–";
    }
  }

  onPaper(moments) {
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
      strip.after(make("div", { class: "scale" }, ...scaleBar(drug, true)));
    }
  }
}
