// Taking a table or a picture away for a paper.

function csvText({ head, rows }) {
  const cell = (text) => {
    const plain = text.replaceAll("–", "").replace(/^(-?\d{1,3})(,\d{3})+(?=$|\.)/, (number) => number.replaceAll(",", ""));
    return /[",\n]/.test(plain) ? `"${plain.replaceAll('"', '""')}"` : plain;
  };
  return [head, ...rows].map((row) => row.map(cell).join(",")).join("\r\n") + "\r\n";
}

function readTable(within) {
  const table = within.querySelector("table");
  const texts = (row) => [...row.cells].map((cell) => cell.textContent.trim());
  return { head: texts(table.tHead.rows[0]), rows: [...table.tBodies[0].rows].map(texts) };
}

// The buttons of a figure: its table as CSV to the clipboard, its picture as a file.
function bindTools(figure, table, picture) {
  const said = figure.querySelector(".said");
  const say = (text) => (said.textContent = text);
  figure.querySelector(".copy").addEventListener("click", () => copyText(csvText(table()), say));
  figure.querySelector(".save")?.addEventListener("click", () => {
    saveFile(`${picture.name}.svg`, picture.draw(), "image/svg+xml");
    say("Saved as SVG.");
  });
}

async function copyText(text, say) {
  try {
    await navigator.clipboard.writeText(text);
    say("Copied.");
  } catch {
    const area = make("textarea", { "aria-hidden": "true", class: "offscreen" });
    area.value = text;
    document.body.append(area);
    area.select();
    const done = document.execCommand("copy"); // pages from disk may not use the clipboard otherwise
    area.remove();
    say(done ? "Copied." : "The browser does not let this page copy; open the table and select it.");
  }
}

function saveFile(name, text, type) {
  const link = make("a", { download: name, href: URL.createObjectURL(new Blob([text], { type })) });
  link.click();
  URL.revokeObjectURL(link.href);
}
