// A page that is one file: its data stand in it.

new Report(JSON.parse(document.getElementById("data").textContent));
