// The spine from the side, its fluid coloured by concentration: vertebrae C1 to S2, cord, cisterna magna, catheter with its tip.

const VIRIDIS = [
  [68, 1, 84], [72, 36, 117], [65, 68, 135], [53, 95, 141], [42, 120, 142],
  [33, 145, 140], [34, 168, 132], [68, 191, 112], [122, 209, 81], [189, 223, 38], [253, 231, 37],
];
const BELOW = "#fbfbf2"; // less than the scale shows
const PER_CM = 12;
const TOP = 128;
const CANAL = 17; // half of the fluid's width
const DURA = 4.5; // from the fluid's edge to bone: the epidural space
// The natural curves: how far the canal lies behind a straight line, by share of its length from C1 to S2.
const CURVE = [
  [0, 2], [0.06, -5], [0.13, -8], [0.2, 0], [0.32, 17], [0.45, 22],
  [0.58, 13], [0.7, -3], [0.8, -11], [0.88, -6], [0.95, 12], [1, 30],
];
// The head above the canal, from the middle of its upper end: brain, cerebellum, cisterna magna between it and the stem.
const HEAD = {
  brain: [
    "M-92 -66C-96 -118 -30 -132 24 -120C74 -108 86 -66 62 -52",
    "L-60 -52C-76 -50 -90 -56 -92 -66Z",
  ],
  cerebellum: ["M16 -50C36 -58 66 -52 64 -34C60 -16 34 -14 18 -24Z"],
  cistern: ["M9 1L9 -22C24 -13 50 -10 60 -18C56 2 30 12 17 3Z"],
  stem: [
    "M-7 2L-8 -24C-22 -34 -20 -46 -12 -54",
    "L12 -54C16 -40 10 -28 8 -20L7 2Z",
  ],
};
const HEAD_LOOKS = { brain: "brain", cerebellum: "brain", cistern: "fluid", stem: "cord" };
const MIDDLE = 128;
const SVG = "http://www.w3.org/2000/svg";

function shape(name, attributes, ...children) {
  const made = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...children);
  return made;
}

// Dark is much: a share of 0 to 1 of the scale as a colour that keeps its order in grey and for colour-blind eyes.
function colour(share) {
  const place = (1 - Math.min(Math.max(share, 0), 1)) * (VIRIDIS.length - 1);
  const index = Math.min(Math.floor(place), VIRIDIS.length - 2);
  const mixed = VIRIDIS[index].map((low, part) => Math.round(low + (place - index) * (VIRIDIS[index + 1][part] - low)));
  return `rgb(${mixed.join(",")})`;
}

// Where on the scale of colours a concentration stands; below 0 it is less than the scale shows.
function shareOf(value, drug, log) {
  if (!(value > 0)) return -1;
  return log ? Math.log(value / drug.low) / Math.log(drug.high / drug.low) : value / drug.high;
}

// A number, or that it is less than what is worth its digits.
const atLeast = (value, least) => (value > 0 && value < least ? `<${figure(least)}` : figure(value));

class Backbone {
  constructor(levels) {
    let z = 0;
    this.levels = levels.map(({ name, length }) => {
      const level = { name, top: z, bottom: z + length, middle: z + length / 2 };
      z += length;
      return level;
    });
    this.length = z;
  }

  level(name) {
    return this.levels.find((level) => level.name === name);
  }

  // The canal's middle at z cm, by a smooth curve through CURVE.
  centre(z) {
    const share = Math.min(Math.max(z / this.length, 0), 1);
    const last = CURVE.length - 2;
    const index = Math.min(CURVE.findLastIndex(([from]) => from <= share), last);
    const [a, b, c, d] = [index - 1, index, index + 1, index + 2].map((of) => CURVE[Math.min(Math.max(of, 0), last + 1)]);
    const part = (share - b[0]) / (c[0] - b[0]);
    const [into, out] = [(c[1] - a[1]) / (c[0] - a[0]), (d[1] - b[1]) / (d[0] - b[0])].map((slope) => slope * (c[0] - b[0]));
    const [p2, p3] = [part ** 2, part ** 3];
    const offset =
      (2 * p3 - 3 * p2 + 1) * b[1] + (p3 - 2 * p2 + part) * into + (3 * p2 - 2 * p3) * c[1] + (p3 - p2) * out;
    return [MIDDLE + offset, TOP + z * PER_CM];
  }

  // A point beside the canal's middle: `across` is positive towards the back.
  beside(z, across) {
    const [x, y] = this.centre(z);
    const [x1, y1] = this.centre(Math.min(z + 0.2, this.length));
    const [x0, y0] = this.centre(Math.max(z - 0.2, 0));
    const size = Math.hypot(x1 - x0, y1 - y0);
    return [x + (across * (y1 - y0)) / size, y - (across * (x1 - x0)) / size];
  }

  path(from, to, across, steps = 12) {
    return Array.from({ length: steps + 1 }, (_, index) => {
      const z = from + ((to - from) * index) / steps;
      return this.beside(z, typeof across === "function" ? across(z) : across);
    });
  }

  band(from, to, left, right, steps) {
    return outline([...this.path(from, to, left, steps), ...this.path(to, from, right, steps)]);
  }
}

const outline = (points) => `${line(points)}Z`;
const line = (points) => points.map(([x, y], index) => `${index ? "L" : "M"}${x.toFixed(1)} ${y.toFixed(1)}`).join("");

class SpineDrawing {
  // A small one has no numbers beside its levels.
  constructor(backbone, small) {
    this.backbone = backbone;
    this.small = small;
    const height = TOP + backbone.length * PER_CM + 22;
    const box = small ? `40 18 236 ${height - 14}` : `20 18 310 ${height - 14}`;
    this.svg = shape("svg", { viewBox: box, role: "img", class: small ? "spine small" : "spine" });
    this.fluid = new Map();
    this.numbers = new Map();
    this.head();
    this.bones();
    this.canal();
    this.labels();
    this.line = shape("g", {});
    this.svg.append(this.line);
  }

  head() {
    const [x, y] = this.backbone.centre(0);
    const parts = Object.entries(HEAD).map(([name, lines]) => [name, shape("path", { d: lines.join("") })]);
    for (const [name, part] of parts) part.setAttribute("class", HEAD_LOOKS[name]);
    this.fluid.set("cisterna_magna", Object.fromEntries(parts).cistern);
    this.svg.append(shape("g", { transform: `translate(${x} ${y})` }, ...parts.map(([, part]) => part)));
  }

  bones() {
    const { backbone } = this;
    const front = -(CANAL + DURA);
    backbone.levels.forEach((level, index) => {
      const gap = Math.min(0.32, (level.bottom - level.top) * 0.16);
      const sacral = level.name.startsWith("S");
      const depth = 23 + (18 * index) / backbone.levels.length;
      const [from, to] = [level.top + gap, level.bottom - (sacral ? 0 : gap)];
      const body = [...backbone.path(from, to, front, 3), ...backbone.path(to, from, front - depth, 3)];
      this.svg.append(shape("path", { d: outline(body), class: "bone" }));
      const back = CANAL + DURA;
      const reach = level.name.startsWith("T") ? 0.9 : 0.45;
      const tip = back + 14 + index / 3;
      const spike = [
        backbone.beside(from + 0.25, back),
        backbone.beside(from + reach + 0.2, tip + 1),
        backbone.beside(from + reach + 0.55, tip),
        backbone.beside(to - 0.1, back),
      ];
      if (!sacral) this.svg.append(shape("path", { d: outline(spike), class: "bone" }));
    });
  }

  canal() {
    const { backbone } = this;
    this.svg.append(shape("path", { d: backbone.band(0, backbone.length, -CANAL - DURA, CANAL + DURA, 120), class: "epidural" }));
    for (const level of backbone.levels) {
      const piece = shape("path", { d: backbone.band(level.top, level.bottom, -CANAL, CANAL), class: "fluid" });
      this.svg.append(piece);
      this.fluid.set(level.name, piece);
    }
    const conus = backbone.level("L1").middle;
    const swelling = (z, at, width) => Math.exp(-(((z - at) / width) ** 2));
    const half = (z) => {
      const plain = 5.5 + 1.8 * swelling(z, backbone.level("C5").middle, 4) + 1.6 * swelling(z, backbone.level("T11").middle, 3);
      return plain * Math.min(1, Math.max(0, (conus - z) / 3)) ** 0.6;
    };
    const cord = [...backbone.path(0, conus, half, 90), ...backbone.path(conus, 0, (z) => -half(z), 90)];
    this.svg.append(shape("path", { d: outline(cord), class: "cord" }));
    for (const across of [-6.5, -2.5, 2, 6]) {
      const root = backbone.path(conus - 2.4, backbone.length - 2, (z) => across * Math.min(1, (z - conus + 2.6) / 5), 30);
      this.svg.append(shape("path", { d: line(root), class: "root" }));
    }
  }

  labels() {
    const { backbone, small } = this;
    const named = small ? ["C1", "T1", "T6", "L1", "S1"] : backbone.levels.map(({ name }) => name);
    for (const name of named) {
      const index = backbone.levels.findIndex((level) => level.name === name);
      const [x, y] = backbone.beside(backbone.levels[index].middle, -(CANAL + DURA) - (11.5 + (9 * index) / backbone.levels.length));
      this.svg.append(shape("text", { x, y: y + (small ? 5 : 3.5), class: "level" }, name));
    }
    if (small) return;
    for (const { name, middle } of backbone.levels) {
      const [, y] = backbone.centre(middle);
      const text = shape("text", { x: 326, y: y + 4, class: "number" });
      this.numbers.set(name, text);
      this.svg.append(text);
    }
    const [x, y] = backbone.centre(0);
    const text = shape("text", { x: 326, y: y - 12, class: "number" });
    this.numbers.set("cisterna_magna", text);
    this.svg.append(text, shape("text", { x: x + 66, y: y - 22, class: "note" }, "cisterna magna"));
  }

  // The catheter comes in from behind, below its tip, and runs up in the fluid or outside the dura.
  catheter(tip) {
    if (!tip) return this.line.replaceChildren();
    const { backbone } = this;
    const across = tip.space === "epidural" ? CANAL + DURA / 2 : CANAL - 4.5;
    const at = backbone.level(tip.level).middle;
    const entry = Math.min(Math.max(backbone.level("L3").bottom, at + 2), backbone.length - 0.5);
    const [x, y] = backbone.beside(entry, across);
    const inside = line(backbone.path(entry, at, across, 60)).replace("M", "L");
    const way = `M${x + 84} ${y + 40}C${x + 60} ${y + 40} ${x + 26} ${y + 30} ${x} ${y}${inside}`;
    const [endX, endY] = backbone.beside(at, across);
    const note = shape("text", { x: endX + 22, y: endY - 11, class: "note tip-note" }, `tip ${tip.level}`);
    this.line.replaceChildren(
      shape("path", { d: way, class: "catheter halo" }),
      shape("path", { d: way, class: "catheter" }),
      shape("circle", { cx: endX, cy: endY, r: 4.5, class: "tip" }),
      note,
    );
    return undefined;
  }

  // Colour the fluid: `valueOf` gives the concentration of a site in the drug's unit.
  paint(drug, log, valueOf) {
    for (const [site, piece] of this.fluid) {
      const share = shareOf(valueOf(site), drug, log);
      piece.style.fill = share < 0 ? BELOW : colour(share);
    }
    for (const [site, text] of this.numbers) text.textContent = atLeast(valueOf(site), drug.low / 10);
  }
}

// The legend of the colours: a bar with its ends and middle steps.
function scaleBar(drug, log) {
  const stops = Array.from({ length: 11 }, (_, index) => `${colour(index / 10)} ${index * 10}%`);
  const bar = make("div", { class: "ramp" });
  bar.style.background = `linear-gradient(to right, ${stops.join(",")})`;
  const steps = log ? roundSteps(drug.low, drug.high) : [0, 0.25, 0.5, 0.75, 1].map((share) => share * drug.high);
  const ticks = steps.map((value) => {
    const tick = make("span", {}, figure(value));
    tick.style.left = `${value ? 100 * shareOf(value, drug, log) : 0}%`;
    return tick;
  });
  const says = `${drug.title} in the fluid, ${drug.unit}${log ? "" : ", linear"} (white: less; darkest: this or more)`;
  return [make("div", { class: "ramp-title" }, says), bar, make("div", { class: "ticks" }, ...ticks)];
}

// 1, 2 and 5 of every decade between two bounds, or the decades alone where those would be many.
function roundSteps(low, high) {
  const found = [];
  const wide = high / low > 200;
  for (let decade = 10 ** Math.floor(Math.log10(low) + 1e-9); decade <= high; decade *= 10) {
    for (const step of wide ? [1] : [1, 2, 5]) {
      const value = step * decade;
      if (value >= low * 0.999 && value <= high * 1.001) found.push(value);
    }
  }
  return found;
}
