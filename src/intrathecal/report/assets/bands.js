// Bands over all patients: the five percentiles of a plot, each filled down to the foot of the picture and covered by the next.

const BANDS = [
  { fill: "#ffffff", z: 6 },
  { fill: "#cfe2f0", z: 5, key: "5 to 95 % of the patients" },
  { z: 9, key: "median" },
  { fill: "#8dbbdd", z: 4, key: "25 to 75 %" },
  { fill: "#cfe2f0", z: 3 },
];
const KEYS = [2, 3, 1]; // those that a legend names, the median first
const INSIDE = 8; // above what is filled, below the median
const NOTHING = 1e-30; // below every axis of logarithms

class BandChart extends TimeChart {
  legend() {
    const band = (fill) => filled({ x: 0, y: 0, width: 32, height: 12, fill, stroke: "#5b5b5b" });
    const lines = this.drawn();
    const shown = KEYS.map((index) => {
      const { fill, key } = BANDS[index];
      return make("li", {}, fill ? band(fill) : sample(lines[index], "lines"), key);
    });
    this.figure.querySelector(".legend").replaceChildren(...shown);
  }

  series(line, from, to) {
    const { data, ...of } = super.series(line, from, to);
    const { fill, z } = BANDS[this.plot.lines.findIndex(({ values }) => values === line.values)];
    const points = data.map(([at, value]) => [at, this.plot.log && value === "-" ? NOTHING : value]);
    const lineStyle = { color: line.colour, width: fill ? 0.6 : 2.2 };
    const areaStyle = fill ? { color: fill, opacity: 1, origin: "start" } : undefined;
    return { ...of, data: points, z, lineStyle, areaStyle };
  }

  option(from, to) {
    const option = super.option(from, to);
    return { ...option, yAxis: { ...option.yAxis, z: INSIDE, splitLine: { lineStyle: { color: "#0000001c" } } } };
  }

  scale(series) {
    return super.scale(series.map(({ data }) => ({ data: data.filter(([, value]) => value > NOTHING) })));
  }

  marks() {
    return { ...super.marks(), z: INSIDE + 2 };
  }

  keys(series) {
    return KEYS.map((index) => {
      const { fill, key } = BANDS[index];
      series[index].name = key;
      return { name: key, icon: "rect", itemStyle: { color: fill ?? series[index].color } };
    });
  }

  table() {
    const lines = this.drawn().map((line) => ({ ...line, curve: this.report.curves.get(line.key) }));
    const unit = this.plot.unit ? `, ${this.plot.unit}` : "";
    const at = (begin) => lines.map(({ curve }) => figure(valueAt(curve, begin, false) * this.plot.factor));
    return { head: ["at", ...lines.map(({ name }) => name + unit)], ...periods(this.report, "All patients at the start", at) };
  }
}
