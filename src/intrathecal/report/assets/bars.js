// Shares at the end of the run as bars that lie: stacked, or side by side.

class Bars extends Still {
  named() {
    return this.of.series;
  }

  size(width) {
    const { stacked, series, categories } = this.of;
    const thick = stacked ? 46 : 16 + 14 * series.length;
    return { width, height: 40 + 22 * this.rows(width) + thick * categories.length };
  }

  option(width) {
    const { categories, series, stacked } = this.of;
    const common = this.common(width, 8);
    const told = ({ name, seriesName, value }) => `${name}, ${seriesName}: ${withUnit(value, "%")}`;
    const label = { show: true, color: "#333", formatter: ({ value }) => (value >= 5 ? `${figure(value, 2)} %` : "") };
    const inside = { ...label, color: "#fff", textBorderColor: "#333", textBorderWidth: 2 };
    return {
      ...common,
      aria: { ...common.aria, decal: { show: series.length > 1 } },
      grid: { ...common.grid, right: 40, bottom: 4 },
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
}
