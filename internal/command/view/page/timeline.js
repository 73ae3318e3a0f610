// Where in the run we are, and how that changes. now and reach are indexes of the steps that are shown; -1 is before the first.

const state = { now: -1, reach: -1, playing: false, moved: false };
const [first, back, play, step, last, position, speed, where_, link] =
  ["first", "back", "play", "step", "last", "position", "speed", "where", "link"].map((id) => document.getElementById(id));

function drawAll() {
  const count = model.shown.length;
  position.max = Math.max(count - 1, 0);
  position.value = Math.max(state.now, 0);
  position.setAttribute("aria-valuetext", state.now < 0 ? "before the first step" : sentence(model.shown[state.now], lastArrival()));
  where_.textContent = count ? state.now + 1 + " / " + count : "0 / 0";
  // A button that cannot be pressed any more keeps the focus of who has pressed it.
  for (const b of [first, back]) b.setAttribute("aria-disabled", state.now <= 0);
  for (const b of [step, last]) b.setAttribute("aria-disabled", state.now >= count - 1);
  play.replaceChildren(el("span", { "aria-hidden": "true" }, state.playing ? "❚❚" : "▶"), state.playing ? " Pause" : " Play");
  const seen = state.now < 0 ? -1 : until(state.now);
  drawLanes(seen, state.now < 0 ? 0 : model.shown[state.now]);
  if (state.moved) reveal(); // else it stays where somebody has scrolled to
  state.moved = false;
  drawDiagram();
  drawTold();
  drawDecision();
  if (state.now >= 0) link.setAttribute("href", "#run=" + encodeURIComponent(model.run.id) + "&step=" + model.shown[state.now]);
}

// goTo makes the i-th of the shown steps the present one. Playing ends, unless it is what moves.
function goTo(i, playing) {
  if (!playing) pause();
  state.now = Math.min(Math.max(i, model.shown.length ? 0 : -1), model.shown.length - 1);
  state.reach = Math.max(state.reach, state.now);
  state.moved = true;
  if (!playing || Number(speed.value) >= 1000) tell();
  later(drawAll);
}

// tell says to those who hear the page what the present step is, and names it in the address.
function tell() {
  const n = model.shown[state.now];
  if (n === undefined) return;
  say(sentence(n, lastArrival()));
  history.replaceState(null, "", "#run=" + encodeURIComponent(model.run.id) + "&step=" + n);
}

let timer = 0;

function pause() {
  clearTimeout(timer);
  if (!state.playing) return;
  state.playing = false;
  tell();
  later(drawAll);
}

function startPlaying() {
  if (state.now >= model.shown.length - 1 && !model.run.live) goTo(0, true);
  state.playing = true;
  later(drawAll);
  clearTimeout(timer);
  timer = setTimeout(tick, 0);
}

function tick() {
  if (!state.playing) return;
  const delay = Number(speed.value), end = model.shown.length - 1;
  if (state.now < end) goTo(delay ? state.now + 1 : end, true);
  if (state.now >= model.shown.length - 1) {
    tell();
    if (!model.run.live) pause();
    return; // of a live run more may come
  }
  timer = setTimeout(tick, delay);
}

// grown is called when there are more steps.
function grown(atEnd) {
  if (state.playing && atEnd) timer = setTimeout(tick, 0);
  later(drawAll);
}

function toggle() { if (state.playing) pause(); else startPlaying(); }

first.addEventListener("click", () => goTo(0));
back.addEventListener("click", () => goTo(state.now - 1));
play.addEventListener("click", toggle);
step.addEventListener("click", () => goTo(state.now + 1));
last.addEventListener("click", () => goTo(model.shown.length - 1));
position.addEventListener("input", () => goTo(Number(position.value)));

const page = 10;
const moves = { ArrowDown: 1, ArrowRight: 1, ArrowUp: -1, ArrowLeft: -1, PageDown: page, PageUp: -page, Home: -Infinity, End: Infinity };

diagram.addEventListener("keydown", (e) => {
  if (e.altKey || e.ctrlKey || e.metaKey) return;
  if (e.key in moves) goTo(Math.min(Math.max(state.now + moves[e.key], 0), model.shown.length - 1));
  else if (e.key === " ") toggle();
  else if (e.key === "Enter") toldTitle.focus();
  else return;
  e.preventDefault();
});
document.getElementById("told").addEventListener("keydown", (e) => {
  if (e.key === "Escape") diagram.focus({ preventScroll: true });
});
