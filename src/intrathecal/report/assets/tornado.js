// What an outcome hangs on: its mean in the lowest and in the highest fifth of every value, from the mean of all.

const ENDS = [
  { name: "lowest fifth of the value", end: "low", look: 1 },
  { name: "highest fifth of the value", end: "high", look: 0 },
];

class Tornado extends Still {
  named() {
    return ENDS;
  }

  size(width) {
    return { width, height: 66 + 22 * this.rows(width) + 27 * this.of.rows.length };
  }

  option(width) {
    const { axis, rows, chance } = this.of;
    const common = this.common(width, 8);
    const told = ({ name, seriesName, value }) => `${name}, ${seriesName}: ${signed(value)}`;
    const series = ENDS.map(({ name, end, look }) => ({
      type: "bar",
      name,
      data: rows.map((row) => row[end]),
      barGap: 0,
      barCategoryGap: "24%",
      color: COLOURS[look % COLOURS.length],
    }));
    series[0].markArea = { silent: true, itemStyle: { color: "#00000014" }, data: [[{ xAxis: -chance }, { xAxis: chance }]] };
    return {
      ...common,
      aria: { ...common.aria, decal: { show: true } },
      tooltip: { trigger: "item", confine: true, formatter: (point) => make("div", {}, told(point)) },
      xAxis: { ...this.foot(axis), splitLine: { lineStyle: { color: "#e3e3e3" } } },
      yAxis: {
        type: "category",
        data: rows.map(({ name }) => name),
        inverse: true,
        axisLine: { lineStyle: { color: "#555" } },
        axisTick: { show: false },
        axisLabel: { ...AXIS_TEXT, width: Math.min(0.38 * width, 230), overflow: "break", lineHeight: 13, margin: 10 },
      },
      series,
    };
  }
}
