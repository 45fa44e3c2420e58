// What a pump does now: the server tells it as long as the page is open and the login lasts.
for (const box of document.querySelectorAll("[data-stream]")) {
  const state = box.querySelector("[data-state]");
  const body = box.querySelector("[data-now]");
  const source = new EventSource(box.dataset.stream);
  const say = (text, old) => {
    if (state.textContent !== text) state.textContent = text;
    box.classList.toggle("old", old);
  };
  source.addEventListener("now", (event) => {
    body.innerHTML = event.data;
    say(box.dataset.live, false);
  });
  source.addEventListener("ended", () => {
    source.close();
    say(box.dataset.ended, true);
  });
  source.onerror = () => say(box.dataset.lost, true);
  window.addEventListener("pagehide", () => source.close());
}
