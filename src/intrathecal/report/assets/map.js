// The whole canal over time: levels from the head down, colours as in the drawing of the spine, the tip as a line.

const MAP = { height: 230, left: 34, right: 26, top: 20, bottom: 24 };
const COLUMNS = 360;
const LABELLED = ["C1", "C4", "T1", "T4", "T7", "T10", "L1", "L4", "S2"];

class CanalMap {
  constructor(report, figure) {
    Object.assign(this, { report, figure });
    this.side = report.sides.find((side) => side.key === figure.dataset.side);
    this.drug = report.data.spine.drugs.find((drug) => drug.name === figure.dataset.map);
    this.backbone = new Backbone(report.data.spine.levels);
    this.levels = this.backbone.levels.map((level) => ({
      ...level,
      curve: report.curves.get(`${this.side.key}/${this.drug.name}/${level.name}`),
    }));
    this.box = figure.querySelector(".chart");
    this.cursor = figure.querySelector(".cursor");
    this.box.addEventListener("click", (event) => this.click(event));
    figure.querySelector(".scale").replaceChildren(...scaleBar(this.drug, true));
    new ResizeObserver(() => this.onPaper || this.width === this.box.clientWidth || this.draw()).observe(this.box);
    this.draw();
  }

  x(at) {
    const { from, to } = this.report.moment;
    return MAP.left + ((at - from) / (to - from)) * (this.width - MAP.left - MAP.right);
  }

  y(z) {
    return MAP.top + (z / this.backbone.length) * (MAP.height - MAP.top - MAP.bottom);
  }

  draw() {
    const { from, to, at } = this.report.moment;
    this.width = this.onPaper ? PAPER.width : this.box.clientWidth;
    if (this.width < 100) return;
    const size = { width: this.width, height: MAP.height, viewBox: `0 0 ${this.width} ${MAP.height}` };
    const inner = { x: MAP.left, y: MAP.top, width: this.x(to) - MAP.left, height: MAP.height - MAP.top - MAP.bottom };
    const svg = shape("svg", { ...size, class: "map", "aria-hidden": "true" });
    svg.append(shape("image", { ...inner, href: this.image(from, to), preserveAspectRatio: "none" }));
    svg.append(shape("path", { d: this.tip(from, to), class: "tip-line" }));
    svg.append(shape("rect", { ...inner, class: "frame" }));
    for (const { name, middle } of this.levels.filter((level) => LABELLED.includes(level.name))) {
      svg.append(shape("text", { x: MAP.left - 6, y: this.y(middle) + 4, class: "level" }, name));
    }
    for (const tick of this.report.clock.ticks(from, to, this.width / 80)) {
      const x = this.x(this.report.clock.fromAxis(tick));
      const y = MAP.height - MAP.bottom;
      svg.append(shape("path", { d: `M${x} ${y}v5`, class: "tick" }));
      svg.append(shape("text", { x, y: y + 17, class: "when" }, this.report.clock.tick(tick, to - from)));
    }
    for (const { ats, middle, text } of groupMarks(this.report, this.width)) {
      for (const when of ats) svg.append(shape("path", { d: `M${this.x(when)} ${MAP.top}V${MAP.height - MAP.bottom}`, class: "event" }));
      svg.append(shape("text", { x: this.x(middle), y: MAP.top - 6, class: "when" }, text));
    }
    this.box.replaceChildren(svg);
    this.mark(at);
  }

  // One pixel for each level and period; levels are stretched to their lengths by drawing them one below the other.
  image(from, to) {
    const canvas = make("canvas", { width: COLUMNS, height: Math.round(this.backbone.length * 4) });
    const pen = canvas.getContext("2d");
    for (const { top, bottom, curve } of this.levels) {
      for (let column = 0; column < COLUMNS; column += 1) {
        const begin = from + ((to - from) * column) / COLUMNS;
        const { mean } = summary(curve, begin, begin + (to - from) / COLUMNS, false);
        const share = shareOf(mean * this.drug.factor, this.drug, true);
        pen.fillStyle = share < 0 ? BELOW : colour(share);
        pen.fillRect(column, Math.floor(top * 4), 1, Math.ceil((bottom - top) * 4) + 1);
      }
    }
    return canvas.toDataURL();
  }

  tip(from, to) {
    const { tips } = this.side;
    return tips
      .map((tip, index) => [Math.max(tip.at, from), Math.min(tips[index + 1]?.at ?? this.side.end, to), tip.level])
      .filter(([begin, end]) => end > begin)
      .map(([begin, end, level]) => `M${this.x(begin)} ${this.y(this.backbone.level(level).middle)}H${this.x(end)}`)
      .join("");
  }

  mark(at) {
    const { from, to } = this.report.moment;
    this.cursor.hidden = at < from || at > to;
    this.cursor.style.transform = `translateX(${Math.round(this.x(at))}px)`;
    const [most, level] = this.levels
      .map(({ name, curve }) => [valueAt(curve, at, false) * this.drug.factor, name])
      .reduce((a, b) => (b[0] > a[0] ? b : a));
    const told = most > 0 ? `most at ${level}, ${withUnit(most, this.drug.unit)}` : "none in the fluid";
    this.figure.querySelector(".readout").textContent = `${this.report.clock.text(at)}: ${told}.`;
  }

  click(event) {
    const { from, to } = this.report.moment;
    const share = (event.offsetX - MAP.left) / (this.width - MAP.left - MAP.right);
    if (share >= 0 && share <= 1) this.report.moment.set(from + share * (to - from));
  }

  paper(on) {
    this.onPaper = on;
    this.draw();
  }

  table() {
    const means = (begin, end) =>
      this.levels.map(({ curve }) => figure(summary(curve, begin, end, false).mean * this.drug.factor));
    const head = ["from", ...this.levels.map(({ name }) => name)];
    return { head, ...periods(this.report, "Mean over time", means) };
  }

  picture() {
    return svgText(this.box.querySelector("svg"));
  }
}

// A drawing as a file of its own, with the rules of style that it needs.
function svgText(svg) {
  const copy = svg.cloneNode(true);
  const rules = [...document.styleSheets[0].cssRules].filter((rule) => /\.(spine|map)\b/.test(rule.selectorText ?? ""));
  copy.prepend(shape("style", {}, ["text{font-family:sans-serif}", ...rules.map((rule) => rule.cssText)].join("\n")));
  copy.setAttribute("xmlns", SVG);
  return new XMLSerializer().serializeToString(copy);
}
