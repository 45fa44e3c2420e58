// Browsers write the date in a field as 11/12/2026, which some read as a day in November and some as one in December: beside it
// stands the same in words, like Thu 12 Nov 2026.
const words = new Intl.DateTimeFormat(document.documentElement.lang, {
  weekday: "short",
  day: "numeric",
  month: "short",
  year: "numeric",
  timeZone: "UTC",
});

function inWords(text) {
  const at = new Date(`${text.slice(0, 10)}T00:00Z`);
  if (Number.isNaN(at.getTime())) return "";
  const part = Object.fromEntries(words.formatToParts(at).map(({ type, value }) => [type, value]));
  return `${part.weekday} ${part.day} ${part.month} ${part.year}`;
}

function spell(field) {
  let said = field.nextElementSibling;
  if (!said?.classList.contains("spelled")) {
    said = document.createElement("span");
    said.className = "spelled quiet";
    said.setAttribute("aria-live", "polite");
    field.after(said);
  }
  said.textContent = inWords(field.value);
}

const DATES = "input[type=date], input[type=datetime-local]";

function spellAll(within) {
  for (const field of within.querySelectorAll(DATES)) if (field.value) spell(field);
}

document.addEventListener("input", (event) => {
  if (event.target.matches?.(DATES)) spell(event.target);
});
document.addEventListener("htmx:load", (event) => spellAll(event.target));
spellAll(document);
