// What can be done to a run that goes on. All of it is asked of the page's own server.

const commands = document.getElementById("commands"), problem = document.getElementById("problem");

async function ask(path, what) {
  problem.textContent = "";
  const answer = await fetch(path, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(what) }).catch(() => null);
  if (answer && answer.ok) return answer;
  problem.textContent = answer ? visible(await answer.text()) : "The program that shows this page has ended.";
  return null;
}

// command does something, and shows from here on what comes of it.
async function command(what) {
  goTo(model.shown.length - 1, true);
  startPlaying();
  return ask("command", { run: model.run.id, ...what });
}

function button(text, what) {
  const b = el("button", { type: "button" }, text);
  b.addEventListener("click", () => command(what));
  return b;
}

// switchOf makes a button that does one thing, and with the next click undoes it.
function switchOf(text, on, off) {
  const b = el("button", { type: "button", "aria-pressed": "false" }, text);
  b.addEventListener("click", async () => {
    const pressed = b.getAttribute("aria-pressed") === "true";
    if (await command({ do: pressed ? off : on })) b.setAttribute("aria-pressed", !pressed);
  });
  return b;
}

const stall = switchOf("Stall the network", "stall", "resume");

function makeCommands() {
  const names = model.run.lanes.map((l) => l.name);
  stall.setAttribute("aria-pressed", "false");
  const ending = (b) => {
    b.addEventListener("click", () => stall.setAttribute("aria-pressed", "false"));
    return b;
  };
  commands.replaceChildren(
    ...names.map((name, i) => button(name + " sends 3", { do: "send", lane: name, to: names[(i + 1) % names.length], count: 3 })),
    ending(button("Cut the socket", { do: "cut" })), stall,
    ...names.map((name) => ending(button("Restart " + name, { do: "restart", lane: name }))),
    ending(button("Both dial at once", { do: "race" })), switchOf("Hold back acks", "hold-acks", "release-acks"));
}

document.getElementById("cut").addEventListener("submit", (e) => {
  e.preventDefault();
  stall.setAttribute("aria-pressed", "false");
  command({ do: "cut-frame", place: document.getElementById("place").value });
});

document.getElementById("start").addEventListener("submit", async (e) => {
  e.preventDefault();
  const kind = document.getElementById("engines").value, engines = [];
  for (let i = 0; i < Number(document.getElementById("count").value); i++) {
    engines.push(kind === "both" ? (i % 2 ? "async" : "simple") : kind);
  }
  const answer = await ask("start", { engines });
  if (answer) await open((await answer.json()).run, null);
});
