// One key from everywhere: "e" opens the emergency view of the patient that a page is about; "/" goes to the search.
document.addEventListener("keydown", (event) => {
  const typing = event.target.closest("input, textarea, select, [contenteditable]");
  if (typing || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key === "/") {
    const search = document.querySelector("input[type=search]");
    if (search) { event.preventDefault(); search.focus(); }
  }
  if (event.key === "e") {
    const emergency = document.querySelector("a[data-emergency]");
    if (emergency) window.location = emergency.href;
  }
});
