// Numbers and times as they are read.

const MINUTE = 60000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
const two = (number) => String(number).padStart(2, "0");

// So many significant digits, whole where it is larger, never in exponents.
function figure(value, digits = 3) {
  if (!Number.isFinite(value)) return "–";
  if (value === 0) return "0";
  const size = Math.abs(value);
  if (size >= 10 ** (digits - 1)) return Math.round(value).toLocaleString("en");
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
    return this.dated ? this.epoch + at : at / HOUR;
  }

  fromAxis(value) {
    return this.dated ? value - this.epoch : value * HOUR;
  }

  axis(from, to) {
    const common = { min: this.toAxis(from), max: this.toAxis(to), splitLine: { show: false }, splitNumber: 6 };
    const grey = { axisLine: { onZero: false, lineStyle: { color: "#555" } }, axisTick: { show: true } };
    const label = { color: "#333", hideOverlap: true };
    if (!this.dated) return { type: "value", ...common, ...grey, axisLabel: { ...label, formatter: "{value} h" } };
    const form = (value) => {
      const moment = new Date(value);
      const date = `${moment.getUTCDate()} ${MONTHS[moment.getUTCMonth()]}`;
      const clock = `${two(moment.getUTCHours())}:${two(moment.getUTCMinutes())}`;
      if (to - from > 4 * DAY) return date;
      return clock === "00:00" ? date : clock;
    };
    return { type: "time", ...common, ...grey, axisLabel: { ...label, formatter: form } };
  }
}

// An element with attributes and children; text is always text.
function make(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...children);
  return made;
}
