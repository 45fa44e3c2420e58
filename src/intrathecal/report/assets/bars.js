// Shares at the end of the run as bars that lie: stacked, or side by side.

class Bars {
  constructor(report, figure, bars) {
    Object.assign(this, { report, figure, bars });
    this.box = figure.querySelector(".chart");
    this.chart = echarts.init(this.box, null, { renderer: "svg", ...this.size(this.box.clientWidth) });
    new ResizeObserver(() => this.onPaper || this.draw(this.box.clientWidth)).observe(this.box);
    this.draw(this.box.clientWidth);
  }

  rows(width) {
    const lengths = this.bars.series.map(({ name }) => 48 + 7 * name.length);
    let [rows, used] = [1, 0];
    for (const length of lengths) {
      if (used && used + length > width - 16) [rows, used] = [rows + 1, 0];
      used += length;
    }
    return lengths.length > 1 ? rows : 0;
  }

  size(width) {
    const thick = this.bars.stacked ? 46 : 16 + 14 * this.bars.series.length;
    return { width, height: 40 + 22 * this.rows(width) + thick * this.bars.categories.length };
  }

  option(width) {
    const { categories, series, stacked } = this.bars;
    const told = ({ name, seriesName, value }) => `${name}, ${seriesName}: ${withUnit(value, "%")}`;
    const label = { show: true, color: "#333", formatter: ({ value }) => (value >= 5 ? `${figure(value, 2)} %` : "") };
    const inside = { ...label, color: "#fff", textBorderColor: "#333", textBorderWidth: 2 };
    return {
      animation: false,
      textStyle: { fontFamily: getComputedStyle(document.body).fontFamily },
      aria: { enabled: true, label: { description: this.box.getAttribute("aria-label") }, decal: { show: series.length > 1 } },
      grid: { left: 8, right: 40, top: 8 + 22 * this.rows(width), bottom: 4, containLabel: true },
      legend: { show: this.rows(width) > 0, top: 0, left: 0, selectedMode: false, itemGap: 14 },
      tooltip: { trigger: "item", confine: true, formatter: (point) => make("div", {}, told(point)) },
      xAxis: { type: "value", min: 0, max: 100, axisLabel: { formatter: "{value} %", color: "#333" } },
      yAxis: { type: "category", data: categories, inverse: true, axisLabel: { color: "#333", width: 150, overflow: "break" } },
      series: series.map(({ name, values, look }) => ({
        type: "bar",
        name,
        data: values,
        stack: stacked ? "all" : undefined,
        barMaxWidth: stacked ? 30 : 14,
        color: COLOURS[look % COLOURS.length],
        label: stacked ? inside : { ...label, position: "right", formatter: ({ value }) => `${figure(value, 2)} %` },
      })),
    };
  }

  draw(width) {
    if (!width) return;
    this.chart.resize(this.size(width));
    this.chart.setOption(this.option(width), { notMerge: true });
  }

  paper(on) {
    this.onPaper = on;
    this.draw(on ? PAPER.width : this.box.clientWidth);
  }

  picture() {
    return this.chart.renderToSVGString();
  }
}
