// Draws the pictures of a run as soon as their data are in the page, and leaves the ones before when others come.
(() => {
  let drawn = null;
  let text = null;
  const draw = () => {
    const data = document.getElementById("data");
    if (!data || data.textContent === text) return;
    drawn?.leave();
    text = data.textContent;
    drawn = new Report(JSON.parse(text));
  };
  document.addEventListener("htmx:afterSettle", draw);
  draw();
})();
