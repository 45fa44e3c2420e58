// How an outcome is spread over the patients: their share in every bin.

class Histogram extends Still {
  named() {
    return this.of.series;
  }

  size(width) {
    return { width, height: 270 + 22 * this.rows(width) };
  }

  // Round numbers below the bins: nothing, a quarter, half and all.
  quarters(axis, min, max) {
    const customValues = [];
    for (let at = Math.ceil(min / 25) * 25; at <= max; at += 25) customValues.push(at);
    const foot = this.foot(axis);
    return { ...foot, min, max, axisTick: { ...foot.axisTick, customValues }, axisLabel: { ...foot.axisLabel, customValues } };
  }

  option(width) {
    const { axis, edges, series, marks } = this.of;
    const common = this.common(width, 30);
    const told = ({ dataIndex, value }) => `${signed(edges[dataIndex])} to ${signed(edges[dataIndex + 1])}: ${withUnit(value[1], "%")} of the patients`;
    const middle = (index) => 0.5 * (edges[index] + edges[index + 1]);
    const drawn = series.map(({ name, values, look }) => ({
      type: "bar",
      name,
      data: values.map((value, index) => [middle(index), value]),
      barGap: "-100%",
      barCategoryGap: "6%",
      color: COLOURS[look % COLOURS.length],
    }));
    drawn[0].markLine = {
      silent: true,
      symbol: "none",
      animation: false,
      lineStyle: { color: "#333", type: "dashed", width: 1 },
      data: marks.map(({ value, name }) => ({ xAxis: value, label: { formatter: name, color: "#333", fontSize: 11, distance: 3 } })),
    };
    return {
      ...common,
      aria: { ...common.aria, decal: { show: series.length > 1 } },
      tooltip: { trigger: "item", confine: true, formatter: (point) => make("div", {}, told(point)) },
      xAxis: this.quarters(axis, edges[0], edges.at(-1)),
      yAxis: { ...this.side("patients, %"), min: 0 },
      series: drawn,
    };
  }
}
