// A picture that has no time: drawn anew when its width changes, and for paper.

const AXIS_TEXT = { color: "#333" };

class Still {
  constructor(report, figure, of) {
    Object.assign(this, { report, figure, of });
    this.box = figure.querySelector(".chart");
    this.chart = echarts.init(this.box, null, { renderer: "svg", ...this.size(this.box.clientWidth) });
    new ResizeObserver(() => this.onPaper || this.draw(this.box.clientWidth)).observe(this.box);
    this.draw(this.box.clientWidth);
  }

  // How many rows the legend has; none where there is one series.
  rows(width) {
    const lengths = this.named().map(({ name }) => 48 + 7 * name.length);
    let [rows, used] = [1, 0];
    for (const length of lengths) {
      if (used && used + length > width - 16) [rows, used] = [rows + 1, 0];
      used += length;
    }
    return lengths.length > 1 ? rows : 0;
  }

  // What every such picture has; `top` is the room above its axes.
  common(width, top) {
    return {
      animation: false,
      textStyle: { fontFamily: fontFamily() },
      aria: { enabled: true, label: { description: this.box.getAttribute("aria-label") } },
      grid: { left: 8, right: 14, top: top + 22 * this.rows(width), bottom: 26, containLabel: true },
      legend: { show: this.rows(width) > 0, top: 0, left: 0, selectedMode: false, itemGap: 14 },
    };
  }

  // An axis at the foot, its name below its middle.
  foot(name) {
    return {
      type: "value",
      name,
      nameLocation: "middle",
      nameGap: 28,
      nameTextStyle: AXIS_TEXT,
      splitLine: { show: false },
      axisLine: { onZero: false, lineStyle: { color: "#555" } },
      axisTick: { show: true },
      axisLabel: { ...AXIS_TEXT, hideOverlap: true, formatter: (value) => signed(value) },
    };
  }

  // An axis at the side, its name above it.
  side(name) {
    return {
      type: "value",
      name,
      nameTextStyle: { ...AXIS_TEXT, align: "left", padding: [0, 0, 4, 0] },
      splitLine: { lineStyle: { color: "#e3e3e3" } },
      axisLabel: { ...AXIS_TEXT, formatter: (value) => figure(value) },
    };
  }

  draw(width) {
    if (!width) return;
    this.chart.resize(this.size(width));
    this.chart.setOption(this.option(width), { notMerge: true });
  }

  paper(on) {
    this.onPaper = on;
    const half = this.figure.parentElement.classList.contains("twos");
    this.draw(on ? (half ? PAPER.width / 2 - 8 : PAPER.width) : this.box.clientWidth);
  }

  picture() {
    return this.chart.renderToSVGString();
  }
}

// A number with a minus as it is typeset.
const signed = (value) => figure(value).replace("-", "\u2212");
