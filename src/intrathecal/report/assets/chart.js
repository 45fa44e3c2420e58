// A picture over time: lines, steps or bars, with the therapy's events, the moment, a legend, and the table behind it.

// After Okabe and Ito, darkened where white paper asks for it.
const COLOURS = [
  "#0072B2", "#D55E00", "#007A5A", "#A3447F", "#1A1A1A", "#9A6700", "#3A8FC7", "#6B6B6B", "#5B4FA8", "#B58900", "#C0392B", "#2F6B6B",
];
const DASHES = ["solid", [7, 4], [2, 3], [9, 3, 2, 3], [14, 4], [5, 2, 5, 6], [1, 3]];
const HEIGHT = 270;
const PAPER = { width: 660, height: 215 };
const LETTER = 7; // about as wide as one, in pixels

class TimeChart {
  constructor(report, figure, plot) {
    Object.assign(this, { report, figure, plot });
    this.chosen = new Set(plot.lines.filter((line) => line.shown).map((line) => line.values));
    this.looks = new Map();
    this.box = figure.querySelector(".chart");
    this.cursor = figure.querySelector(".cursor");
    this.readout = figure.querySelector(".readout");
    this.chart = echarts.init(this.box, null, { renderer: "svg", height: HEIGHT });
    this.chart.getZr().on("click", (event) => this.click(event));
    new ResizeObserver(() => this.fit()).observe(this.box);
    this.legend();
    this.draw();
  }

  // The lines that are drawn, of every side, each with its colour and dash.
  drawn() {
    const two = this.report.sides.length > 1;
    const drawn = [];
    for (const line of this.plot.lines.filter(({ values }) => this.chosen.has(values))) {
      const look = this.look(line);
      for (const side of this.report.sides) {
        const key = `${side.key}/${line.values}`;
        if (!this.report.curves.has(key)) continue;
        const dash = two ? (side.key === "A" ? "solid" : [6, 4]) : DASHES[look % DASHES.length];
        const width = two && side.key === "A" ? 2.2 : 1.7;
        const name = two ? `${side.key}: ${line.name}` : line.name;
        drawn.push({ ...line, key, side, name, colour: COLOURS[look % COLOURS.length], dash, width });
      }
    }
    return drawn;
  }

  // A line keeps its look as long as it is drawn; one that is chosen takes the first that is free.
  look(line) {
    if (line.look >= 0) return line.look;
    if (!this.looks.has(line.values)) {
      const taken = new Set(this.plot.lines.filter((of) => of.look >= 0 && this.chosen.has(of.values)).map((of) => of.look));
      for (const [name, look] of this.looks) if (this.chosen.has(name)) taken.add(look);
      let free = 0;
      while (taken.has(free)) free += 1;
      this.looks.set(line.values, free);
    }
    return this.looks.get(line.values);
  }

  legend() {
    const list = this.figure.querySelector(".legend");
    list.replaceChildren(
      ...this.drawn().map((line) => make("li", {}, sample(line, this.plot.kind), line.name)),
    );
    list.hidden = list.children.length < 2 && this.plot.kind !== "sites";
  }

  series(line, from, to) {
    const { times, values } = this.report.curves.get(line.key);
    const first = Math.max(countUpTo(times, from) - 2, 0);
    const last = Math.min(countUpTo(times, to) + 1, times.length);
    const { clock } = this.report;
    const points = [];
    const bars = this.plot.kind === "bars";
    for (let index = first; index < (bars ? Math.min(last, times.length - 1) : last); index += 1) {
      const value = values[index] * this.plot.factor;
      const at = bars ? 0.5 * (times[index] + times[index + 1]) : times[index];
      points.push([clock.toAxis(at), Number.isFinite(value) && !(this.plot.log && value <= 0) ? value : "-"]);
    }
    const common = { name: line.name, data: points, color: line.colour };
    if (bars) return { ...common, ...filling(line), type: "bar", stack: line.side.key, barCategoryGap: "15%" };
    const style = { color: line.colour, width: line.width, type: line.dash };
    const drawing = { showSymbol: false, sampling: "minmax", lineStyle: style, step: line.step ? "end" : false };
    return { ...common, type: "line", ...drawing };
  }

  option(from, to) {
    const { plot, report } = this;
    const series = this.drawn().map((line) => this.series(line, from, to));
    if (series.length) series[0].markLine = this.marks();
    const name = plot.unit ? `${plot.axis}, ${plot.unit}` : plot.axis;
    return {
      animation: false,
      useUTC: true,
      textStyle: { fontFamily: fontFamily() },
      aria: { enabled: true, label: { description: report.spoken[plot.name] }, decal: { show: plot.kind === "bars" } },
      grid: { left: 8, right: 14, top: 46, bottom: 6, containLabel: true },
      tooltip: { trigger: "axis", confine: true, formatter: (points) => this.tip(points), transitionDuration: 0 },
      xAxis: report.clock.axis(from, to, this.chart.getWidth() / 80),
      yAxis: { ...this.scale(series), name, nameTextStyle: { align: "left", color: "#333", padding: [0, 0, 10, 0] } },
      series,
    };
  }

  scale(series) {
    const { plot } = this;
    const label = { color: "#333", formatter: (value) => figure(value) };
    const lines = { splitLine: { lineStyle: { color: "#e3e3e3" } }, axisLabel: label };
    if (!plot.log) {
      return { type: "value", min: plot.least ?? undefined, max: plot.greatest ?? undefined, ...lines };
    }
    const seen = series.flatMap(({ data }) => data.map((point) => point[1])).filter(Number.isFinite);
    return { type: "log", ...decades(seen), minorTick: { show: true }, ...lines };
  }

  marks() {
    const { report, plot } = this;
    const style = { color: "#8a8a8a", type: "dotted", width: 1 };
    const events = groupMarks(report, this.chart.getWidth()).flatMap(({ ats, middle, text }) => [
      ...ats.map((at) => ({ xAxis: report.clock.toAxis(at), lineStyle: style, label: { show: false } })),
      {
        xAxis: report.clock.toAxis(middle),
        lineStyle: { ...style, color: "transparent" },
        label: { formatter: text, position: "end", color: "#333", fontSize: 11, distance: 3 },
      },
    ]);
    const beside = { color: "#333", fontSize: 11, backgroundColor: "#ffffffd9", padding: [1, 3] };
    const levels = plot.marks.map(({ value, name }) => ({
      yAxis: value,
      lineStyle: { color: "#555", type: "dashed", width: 1 },
      label: { ...beside, formatter: `${name} ${figure(value)}`, position: "insideEndTop" },
    }));
    return { silent: true, symbol: "none", animation: false, data: [...events, ...levels] };
  }

  tip(points) {
    if (!points.length) return "";
    const at = this.report.clock.fromAxis(points[0].axisValue);
    const rows = points
      .filter((point) => Number.isFinite(point.value[1]))
      .map((point) => make("div", {}, `${point.seriesName}: ${withUnit(point.value[1], this.plot.unit)}`));
    return make("div", { class: "tip" }, make("strong", {}, this.report.clock.text(at)), ...rows);
  }

  click(event) {
    const inside = this.chart.containPixel({ gridIndex: 0 }, [event.offsetX, event.offsetY]);
    if (!inside) return;
    const value = this.chart.convertFromPixel({ xAxisIndex: 0 }, event.offsetX);
    this.report.moment.set(this.report.clock.fromAxis(value));
  }

  draw() {
    const { from, to, at } = this.report.moment;
    this.chart.setOption(this.option(from, to), { notMerge: true });
    this.mark(at);
  }

  mark(at) {
    const { from, to } = this.report.moment;
    this.cursor.hidden = at < from || at > to;
    const x = this.chart.convertToPixel({ xAxisIndex: 0 }, this.report.clock.toAxis(at));
    this.cursor.style.transform = `translateX(${Math.round(x)}px)`;
    const told = this.drawn().map((line) => {
      const value = valueAt(this.report.curves.get(line.key), at, line.step || this.plot.kind === "bars");
      return `${line.name} ${withUnit(value * this.plot.factor, this.plot.unit)}`;
    });
    this.readout.textContent = `${this.report.clock.text(at)}: ${told.join("; ")}.`;
  }

  fit() {
    if (!this.onPaper && this.box.clientWidth && this.box.clientWidth !== this.chart.getWidth()) {
      this.chart.resize({ width: this.box.clientWidth, height: HEIGHT });
      this.draw();
    }
  }

  paper(on) {
    this.onPaper = on;
    if (on) this.chart.resize(PAPER);
    else this.chart.resize({ width: this.box.clientWidth, height: HEIGHT });
    this.draw();
  }

  choose(values, on) {
    if (on) this.chosen.add(values);
    else this.chosen.delete(values);
    this.legend();
    this.draw();
  }

  // The table behind the picture: head, and rows of text, of the time that is shown.
  table() {
    const { moment, clock } = this.report;
    const lines = this.drawn();
    const daily = lines.length > 0 && lines[0].values.startsWith("day/");
    const unit = this.plot.unit ? `, ${this.plot.unit}` : "";
    if (daily) {
      const { times } = this.report.curves.get(lines[0].key);
      const rows = [];
      for (let index = 0; index < times.length - 1; index += 1) {
        if (times[index + 1] <= moment.from || times[index] >= moment.to) continue;
        const of = lines.map(({ key }) => this.report.curves.get(key).values[index] * this.plot.factor);
        rows.push([clock.text(times[index]), ...of.map((value) => figure(value, 4))]);
      }
      return { says: "Each 24 hours.", head: ["from", ...lines.map(({ name }) => name + unit)], rows };
    }
    const curves = lines.map((line) => ({ ...line, curve: this.report.curves.get(line.key) }));
    return {
      head: ["from", ...lines.flatMap(({ name }) => ["least", "mean", "greatest"].map((what) => `${name}, ${what}${unit}`))],
      ...periods(this.report, "Least, mean over time and greatest", (begin, end) =>
        curves.flatMap(({ curve, step }) => {
          const of = summary(curve, begin, end, step);
          return [of.least, of.mean, of.greatest].map((value) => figure(value * this.plot.factor));
        }),
      ),
    };
  }

  // What the legend of a saved picture names.
  keys(series) {
    return series.map(({ name }) => name);
  }

  // The picture with title and legend in it, as SVG text.
  picture() {
    const { from, to } = this.report.moment;
    const size = { width: 900, height: 420 };
    const drawing = echarts.init(null, null, { renderer: "svg", ssr: true, ...size });
    const option = this.option(from, to);
    drawing.setOption({
      ...option,
      tooltip: undefined,
      title: { text: this.plot.title, left: 8, top: 4, textStyle: { fontSize: 15 } },
      legend: { top: 28, left: 8, itemWidth: 34, data: this.keys(option.series) },
      grid: { ...option.grid, top: 96 },
    });
    const text = drawing.renderToSVGString();
    drawing.dispose();
    return text;
  }
}

// The bounds of an axis of logarithms, whole decades.
function decades(seen) {
  const rising = [...seen].sort((a, b) => a - b);
  const greatest = rising.at(-1) ?? 1;
  const low = Math.max(rising[Math.floor(rising.length / 200)] ?? 0.1, greatest / 1e6); // not the first traces of all
  return { min: 10 ** Math.floor(Math.log10(low)), max: 10 ** Math.ceil(Math.log10(greatest)) };
}

// The events of the time shown: each has a line, and those whose numbers would lie over each other share one label.
function groupMarks(report, width) {
  const { from, to } = report.moment;
  const groups = [];
  for (const { at, label } of report.marks.filter((mark) => mark.at >= from && mark.at <= to)) {
    const last = groups.at(-1);
    if (last?.ats[0] === at) last.labels.push(label);
    else groups.push({ ats: [at], labels: [label] });
  }
  const middle = ({ ats }) => 0.5 * (ats[0] + ats.at(-1));
  const crowded = (group, index) => {
    const next = groups[index + 1];
    const gap = next && ((middle(next) - middle(group)) / (to - from)) * (width - 70);
    return next && gap < LETTER * (0.5 * (markText(group).length + markText(next).length) + 1);
  };
  for (let index = groups.findIndex(crowded); index >= 0; index = groups.findIndex(crowded)) {
    const [next] = groups.splice(index + 1, 1);
    groups[index].ats.push(...next.ats);
    groups[index].labels.push(...next.labels);
  }
  return groups.map((group) => ({ ats: group.ats, middle: middle(group), text: markText(group) }));
}

const markText = ({ labels }) => {
  const each = [...new Set(labels)];
  return each.length > 3 ? `${each[0]}…${each.at(-1)}` : each.join(" ");
};

// The bars of therapy B are hollow, as its lines are dashed.
const hollow = ({ side }) => side.key !== "A";

const filling = (line) =>
  hollow(line) ? { itemStyle: { color: "#fff", borderColor: line.colour, borderWidth: 1.5 } } : {};

// A piece of the line, or a bar, as it is drawn, for the legend.
function sample(line, kind) {
  const { colour, dash } = line;
  if (kind === "bars") return filled({ x: 8, y: 1, width: 16, height: 10, fill: hollow(line) ? "#fff" : colour, stroke: colour });
  const style = Array.isArray(dash) ? { "stroke-dasharray": dash.join(" ") } : {};
  return swatch("line", { x1: 0, x2: 32, y1: 6, y2: 6, stroke: colour, "stroke-width": 2.4, ...style });
}

const filled = (attributes) => swatch("rect", attributes);

function swatch(name, attributes) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  const shape = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [key, value] of Object.entries(attributes)) shape.setAttribute(key, value);
  for (const [key, value] of Object.entries({ width: 32, height: 12, "aria-hidden": "true" })) svg.setAttribute(key, value);
  svg.append(shape);
  return svg;
}
