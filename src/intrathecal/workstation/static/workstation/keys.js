// One key from everywhere: "e" opens the emergency view of the patient whose row has the focus, or of the patient whom the page is
// about, or asks for whom; "/" goes to the search.
document.addEventListener("keydown", (event) => {
  const typing = event.target.closest("input:not([type=checkbox], [type=radio], [type=submit], [type=button]), textarea, select, [contenteditable]");
  if (typing || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key === "/") {
    const search = document.querySelector("input[type=search]");
    if (search) { event.preventDefault(); search.focus(); }
  }
  if (event.key === "e") {
    const row = event.target.closest("[data-emergency-at]");
    const emergency = row ? row.dataset.emergencyAt : document.querySelector("a[data-emergency]")?.href;
    if (emergency) { event.preventDefault(); window.location = emergency; }
  }
});
