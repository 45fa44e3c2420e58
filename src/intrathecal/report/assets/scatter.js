// One value against another, a point for every patient that is drawn.

class Scatter extends Still {
  named() {
    return this.of.groups;
  }

  size(width) {
    return { width, height: 320 + 22 * this.rows(width) };
  }

  option(width) {
    const { x, y, groups } = this.of;
    const told = ({ seriesIndex, dataIndex, seriesName, value }) =>
      `patient ${groups[seriesIndex].patients[dataIndex]}, ${seriesName}: ${x.name} ${figure(value[0])}; ${y.name} ${figure(value[1])}`;
    const heights = groups.flatMap(({ points }) => points.map(([, height]) => height));
    const side = this.side(y.name);
    return {
      ...this.common(width, 30),
      tooltip: { trigger: "item", confine: true, formatter: (point) => make("div", { class: "tip" }, told(point)) },
      xAxis: { ...this.foot(x.name), scale: true },
      yAxis: y.log ? { ...side, type: "log", ...decades(heights), minorTick: { show: true } } : { ...side, scale: true },
      series: groups.map(({ name, look, points }, index) => ({
        type: "scatter",
        name,
        data: points,
        symbol: index ? "triangle" : "circle",
        symbolSize: 6,
        color: COLOURS[look % COLOURS.length],
        itemStyle: index ? { color: "#ffffff00", borderColor: COLOURS[look % COLOURS.length], borderWidth: 1 } : { opacity: 0.6 },
      })),
    };
  }

  table() {
    const { x, y, groups } = this.of;
    const rows = groups.flatMap(({ name, patients, points }) =>
      patients.map((patient, index) => [String(patient), ...points[index].map((value) => figure(value, 4)), name]),
    );
    return {
      says: "Every patient that is drawn.",
      head: ["patient", x.name, y.name, "group"],
      rows: rows.sort((a, b) => a[0] - b[0]),
    };
  }
}
