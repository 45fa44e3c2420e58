// The moment that is looked at and the time that is shown: one for the whole page, moved by slider, keys, buttons or a click.

const FRAMES = 360; // a film of the time shown
const FRAME_MS = 80;

class Moment {
  constructor(clock, times, end, marks, first) {
    this.clock = clock;
    this.times = times;
    this.end = end;
    this.stops = [...new Set([0, ...marks.map((mark) => mark.at), end])].sort((a, b) => a - b);
    this.from = 0;
    this.to = end;
    this.at = first;
    this.moved = [];
    this.framed = [];
    this.film = null;
  }

  set(at) {
    this.at = Math.min(Math.max(at, 0), this.end);
    if (this.at < this.from || this.at > this.to) this.frame(this.to - this.from);
    for (const tell of this.moved) tell(this.at);
  }

  // Show so many milliseconds around the moment.
  frame(length) {
    const from = Math.min(Math.max(this.at - length / 2, 0), Math.max(this.end - length, 0));
    [this.from, this.to] = [from, Math.min(from + length, this.end)];
    for (const tell of this.framed) tell(this.from, this.to);
  }

  step(samples) {
    const index = countUpTo(this.times, this.at) - 1;
    this.set(this.times[Math.min(Math.max(index + samples, 0), this.times.length - 1)]);
  }

  stop(forward) {
    const next = forward ? this.stops.find((at) => at > this.at) : this.stops.findLast((at) => at < this.at);
    if (next !== undefined) this.set(next);
  }

  // Keys that move the moment wherever it can be moved; says whether the key was one of them.
  key(event) {
    const moves = {
      ArrowRight: () => this.step(1),
      ArrowUp: () => this.step(1),
      ArrowLeft: () => this.step(-1),
      ArrowDown: () => this.step(-1),
      PageUp: () => this.set(this.at + DAY),
      PageDown: () => this.set(this.at - DAY),
      Home: () => this.set(0),
      End: () => this.set(this.end),
    };
    if (!(event.key in moves) || event.altKey || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    moves[event.key]();
  }

  play(told) {
    if (this.film !== null) {
      clearInterval(this.film);
      this.film = null;
    } else {
      const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
      const frames = calm ? 12 : FRAMES;
      if (this.at >= this.to) this.set(this.from);
      this.film = setInterval(
        () => {
          this.set(Math.min(this.at + (this.to - this.from) / frames, this.to));
          if (this.at >= this.to) this.play(told);
        },
        calm ? 1000 : FRAME_MS,
      );
    }
    told(this.film !== null);
  }
}

function bindControls(moment) {
  const part = (name) => document.getElementById(`time-${name}`);
  const slider = part("slider");
  slider.max = moment.times.length - 1;
  slider.addEventListener("input", () => moment.set(moment.times[slider.value]));
  slider.addEventListener("keydown", (event) => moment.key(event));
  part("before").addEventListener("click", () => moment.stop(false));
  part("after").addEventListener("click", () => moment.stop(true));
  part("play").addEventListener("click", () =>
    moment.play((playing) => {
      part("play").textContent = playing ? "Pause" : "Play";
    }),
  );
  const lengths = { "28 days": 28 * DAY, "7 days": 7 * DAY, "1 day": DAY, "6 hours": 6 * HOUR, "1 hour": HOUR };
  const shown = part("shown");
  for (const [name, length] of Object.entries(lengths)) {
    if (length < moment.end) shown.append(make("option", { value: length }, name));
  }
  shown.addEventListener("change", () => moment.frame(Number(shown.value) || moment.end));
  const follow = (at) => {
    slider.value = countUpTo(moment.times, at) - 1;
    slider.setAttribute("aria-valuetext", moment.clock.text(at));
    part("text").textContent = moment.clock.text(at);
  };
  moment.moved.push(follow);
  moment.framed.push((from, to) => {
    const span = part("span");
    if (span) span.textContent = `${moment.clock.text(from)} to ${moment.clock.text(to)}`;
  });
  follow(moment.at);
}
