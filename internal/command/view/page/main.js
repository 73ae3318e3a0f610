// Which run is shown, and the steps of it as they come.

const runs = document.getElementById("run"), live = document.getElementById("live");
let source = null;

async function get(path) {
  const answer = await fetch(path);
  if (!answer.ok) throw new Error(await answer.text());
  return answer.json();
}

function trouble(e) { problem.textContent = visible(e.message); live.hidden = false; }

// open shows a run. at is the step at which; without one a run that goes on is played, and of another one the end is shown if it ends badly.
async function open(id, at) {
  if (source) source.close();
  pause();
  const all = await get("runs");
  const run = all.find((r) => r.id === id) || all.find((r) => r.live) || all[0];
  runs.replaceChildren(...all.map((r) => el("option", { value: r.id, selected: r === run }, r.title + " (" + r.id + ")")));
  const told = await get("steps?from=0&run=" + encodeURIComponent(run.id));
  reset(told.run);
  add(told.steps);
  Object.assign(state, { now: -1, reach: -1 });
  toldOf = -1;
  document.title = visible(run.title) + " – messengers, step by step";
  live.hidden = !told.run.live;
  if (told.run.live) makeCommands();
  document.getElementById("decision").hidden = !told.run.live && !model.decided.length;
  drawHeads();
  const end = model.shown.length - 1;
  if (at !== null) goTo(Math.max(atMost(model.shown, at), 0));
  else if (told.run.live) startPlaying();
  else goTo(end >= 0 && model.steps[model.shown[end]].mark === "alarm" ? end : 0);
  later(drawAll);
  if (told.run.live) follow();
}

// follow has steps told as they come.
function follow() {
  const run = model.run.id;
  source = new EventSource("events?from=" + model.steps.length + "&run=" + encodeURIComponent(run));
  source.addEventListener("message", (e) => {
    const told = JSON.parse(e.data), atEnd = state.now >= model.shown.length - 1;
    if (model.run.id !== run || told.from > model.steps.length) return;
    add(told.steps.slice(model.steps.length - told.from));
    model.run.live = told.run.live;
    if (!told.run.live) {
      source.close();
      live.hidden = true;
    }
    grown(atEnd);
  });
}

function asked(hash) {
  const q = new URLSearchParams(hash.slice(1));
  return { run: q.get("run"), step: /^\d+$/.test(q.get("step") || "") ? Number(q.get("step")) : null };
}

runs.addEventListener("change", () => open(runs.value, null).catch(trouble));
document.getElementById("level").addEventListener("change", (e) => {
  const n = state.now < 0 ? 0 : model.shown[state.now], reach = state.reach < 0 ? -1 : model.shown[state.reach];
  reshow(Number(e.target.value));
  state.reach = atMost(model.shown, reach);
  goTo(Math.max(atMost(model.shown, n), 0));
});
// A step that is told meanwhile names itself in the address: what was asked for stands in the event.
addEventListener("hashchange", (e) => {
  const { run, step: at } = asked(new URL(e.newURL).hash);
  if (run === null) return;
  if (run !== model.run.id) open(run, at).catch(trouble);
  else if (at !== null) goTo(Math.max(atMost(model.shown, at), 0));
});

const begin = asked(location.hash);
open(begin.run, begin.step).catch(trouble);
