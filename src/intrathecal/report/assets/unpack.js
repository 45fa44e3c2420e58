// Reads what packing.py wrote: differences as digits of base 64, five bits each, the lowest first.

const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
const DIGITS = new Map([...ALPHABET].map((letter, digit) => [letter, digit]));

function unpackIntegers(text) {
  const numbers = [];
  let number = 0;
  let weight = 1; // multiplied, not shifted: milliseconds of years are more than 31 bits
  for (const letter of text) {
    const digit = DIGITS.get(letter);
    number += (digit & 31) * weight;
    weight *= 32;
    if (digit < 32) {
      numbers.push(number % 2 ? -(number - 1) / 2 : number / 2);
      number = 0;
      weight = 1;
    }
  }
  return numbers;
}

function summed(numbers) {
  let total = 0;
  return numbers.map((number) => (total += number));
}

// Curves by name, unpacked when they are first asked for: {times (ms), values}, values NaN where there is none.
class Curves {
  constructor(bases, packed) {
    this.bases = bases;
    this.packed = packed;
    this.times = new Map();
    this.known = new Map();
  }

  timesOf(base) {
    if (!this.times.has(base)) {
      this.times.set(base, Float64Array.from(summed(summed(unpackIntegers(this.bases[base])))));
    }
    return this.times.get(base);
  }

  has(name) {
    return name in this.packed;
  }

  get(name) {
    if (!this.known.has(name)) {
      const { unit, step, codes, base } = this.packed[name];
      const values = Float64Array.from(summed(unpackIntegers(codes)), (code) =>
        code === 0 ? NaN : code === 1 ? 0 : unit * Math.exp((code - 2) * step),
      );
      this.known.set(name, { times: this.timesOf(base), values });
    }
    return this.known.get(name);
  }
}

// How many of the rising times are at or before `at`.
function countUpTo(times, at) {
  let low = 0;
  let high = times.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (times[middle] <= at) low = middle + 1;
    else high = middle;
  }
  return low;
}

// The value of a curve at a time: that of the last sample for a step, else on the straight line to the next.
function valueAt({ times, values }, at, step) {
  const last = countUpTo(times, at) - 1;
  if (last < 0) return NaN;
  if (step || last === times.length - 1 || times[last] === at) return values[last];
  const part = (at - times[last]) / (times[last + 1] - times[last]);
  return values[last] + part * (values[last + 1] - values[last]);
}

// Least, mean over time and greatest of a curve from one time to just before another; NaN where it is not known throughout.
function summary(curve, from, to, step) {
  const { times, values } = curve;
  const first = countUpTo(times, from);
  let last = countUpTo(times, to);
  while (last > first && times[last - 1] >= to) last -= 1;
  const at = [from, ...times.slice(first, last), to];
  const of = [valueAt(curve, from, step), ...values.slice(first, last)];
  of.push(step ? of.at(-1) : valueAt(curve, to, step));
  let area = 0;
  for (let index = 1; index < at.length; index += 1) {
    const height = step ? of[index - 1] : 0.5 * (of[index - 1] + of[index]);
    area += height * (at[index] - at[index - 1]);
  }
  return { least: Math.min(...of), mean: area / (to - from), greatest: Math.max(...of) };
}
