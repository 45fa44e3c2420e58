// The tables behind the pictures.

const MOST_ROWS = 100;
const ROW_LENGTHS = [15 * MINUTE, HOUR, 6 * HOUR, DAY, 7 * DAY, 28 * DAY, 365 * DAY];

// Rows of equal periods of the time shown, and what they are: `cells` gives the texts of one period, `what` says which.
function periods(report, what, cells) {
  const { from, to } = report.moment;
  const length = ROW_LENGTHS.find((of) => (to - from) / of <= MOST_ROWS) ?? to - from;
  const rows = [];
  for (let at = Math.floor(from / length) * length; at < to; at += length) {
    const [begin, end] = [Math.max(at, from), Math.min(at + length, to)];
    rows.push([report.clock.text(begin), ...cells(begin, end)]);
  }
  const thinned = report.sides.some((side) => side.neighbours > 1);
  const says =
    `${what} of every ${lengthText(length)} of the time shown` +
    (thinned ? ", from samples that were thinned to the least and the greatest of neighbours." : ".");
  return { says, rows };
}

function lengthText(length) {
  const units = [[DAY, "day"], [HOUR, "hour"], [MINUTE, "minute"]];
  const [size, unit] = units.find(([of]) => length % of === 0) ?? units[2];
  return length === size ? unit : `${figure(length / size)} ${unit}s`;
}

function fillTable(table, title, { says, head, rows }) {
  const cells = (row) => row.map((text, column) => (column ? make("td", {}, text) : make("th", { scope: "row" }, text)));
  table.replaceChildren(
    make("caption", {}, `${title}. ${says}`),
    make("thead", {}, make("tr", {}, ...head.map((text) => make("th", { scope: "col" }, text)))),
    make("tbody", {}, ...rows.map((row) => make("tr", {}, ...cells(row)))),
  );
}
