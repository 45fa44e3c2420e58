// Numbers and times as they are read.

const MINUTE = 60000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const YEAR = 365 * DAY;
const TICK_STEPS = [1 / 24, 0.25, 0.5, 1, 3, 6, 12, 24, 48, 168, 336, 672, 2184, 8736].map((hours) => hours * HOUR);
const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
const two = (number) => String(number).padStart(2, "0");

// So many significant digits, whole where it is larger, never in exponents, nothing between thousands.
function figure(value, digits = 3) {
  if (!Number.isFinite(value)) return "–";
  if (value === 0) return "0";
  const size = Math.abs(value);
  if (size >= 10 ** (digits - 1)) return String(Math.round(value));
  const places = Math.min(digits - 1 - Math.floor(Math.log10(size)), 20);
  return value.toFixed(places).replace(/\.?0+$/, "");
}

function withUnit(value, unit) {
  const text = figure(value);
  return unit && text !== "–" ? `${text} ${unit}` : text;
}

// Times are milliseconds since the start; on axes they are what the pump's clock shows, read as if it were UTC, or hours.
class Clock {
  constructor(epoch) {
    this.epoch = epoch;
    this.dated = epoch !== null;
  }

  text(at) {
    if (!this.dated) {
      const minutes = Math.round(at / MINUTE);
      return `day ${Math.floor(minutes / 1440)}, ${two(Math.floor((minutes % 1440) / 60))}:${two(minutes % 60)} h`;
    }
    const moment = new Date(this.epoch + at);
    const date = `${moment.getUTCDate()} ${MONTHS[moment.getUTCMonth()]} ${moment.getUTCFullYear()}`;
    return `${date} ${two(moment.getUTCHours())}:${two(moment.getUTCMinutes())}`;
  }

  toAxis(at) {
    return (this.epoch ?? 0) + at;
  }

  fromAxis(value) {
    return value - (this.epoch ?? 0);
  }

  // Round moments between two times, so many at most, on the axis: midnights and hours of the pump's clock, or whole hours.
  ticks(from, to, most) {
    const step = TICK_STEPS.find((of) => (to - from) / of <= most) ?? (to - from) / most;
    const midnight = Math.floor(this.toAxis(0) / DAY) * DAY;
    const first = Math.ceil((this.toAxis(from) - midnight) / step);
    const found = [];
    for (let at = midnight + first * step; at <= this.toAxis(to); at += step) found.push(at);
    return found;
  }

  tick(value, span) {
    if (!this.dated) return value % DAY || !value ? `${figure(value / HOUR, 4)} h` : `day ${value / DAY}`;
    const moment = new Date(value);
    if (value % DAY) return `${two(moment.getUTCHours())}:${two(moment.getUTCMinutes())}`;
    const date = `${moment.getUTCDate()} ${MONTHS[moment.getUTCMonth()]}`;
    return span > YEAR ? `${date} ${moment.getUTCFullYear()}` : date;
  }

  axis(from, to, most) {
    const customValues = this.ticks(from, to, most);
    return {
      type: "value",
      min: this.toAxis(from),
      max: this.toAxis(to),
      splitLine: { show: false },
      axisLine: { onZero: false, lineStyle: { color: "#555" } },
      axisTick: { show: true, customValues },
      axisLabel: { color: "#333", hideOverlap: true, customValues, formatter: (value) => this.tick(value, to - from) },
    };
  }
}

// An element with attributes and children; text is always text.
function make(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...children);
  return made;
}

// The page's font, in quotes that may stand in an attribute of a saved picture.
const fontFamily = () => getComputedStyle(document.body).fontFamily.replaceAll('"', "'");
