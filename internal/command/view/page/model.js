// The run that is shown: its steps, and what can be asked of them. Everything is a function of the steps and of a number.

const model = { run: null, steps: [], level: 1 };

function reset(run) {
  Object.assign(model, { run, steps: [], shown: [], tops: [0], pipes: new Map(), arrivals: new Map(), ends: new Map(), decided: [], laneOf: new Map() });
  run.lanes.forEach((l, i) => model.laneOf.set(l.name, i));
}

// levels say from which level of detail on a kind is shown.
const levels = { frame: 0, note: 0, command: 0, event: 1, end: 1, arrival: 2, quiet: 2 };
const heights = { frame: 50 };
const rowHeight = 32;

function add(steps) {
  for (const s of steps) {
    const n = model.steps.length;
    model.steps.push(s);
    for (const p of s.pipes || []) {
      let of = model.pipes.get(p.key);
      if (!of) model.pipes.set(p.key, of = { at: [], is: [] });
      of.at.push(n);
      of.is.push(p);
    }
    if (s.kind === "arrival") model.arrivals.set(s.of, n);
    if (s.kind === "end") model.ends.set(s.socket + " " + s.lane, n);
    if (s.case) model.decided.push(n);
    show(n);
  }
}

function show(n) {
  const s = model.steps[n];
  if (levels[s.kind] > model.level) return;
  model.shown.push(n);
  model.tops.push(model.tops[model.tops.length - 1] + (heights[s.kind] || rowHeight));
}

// reshow is for another level of detail.
function reshow(level) {
  model.level = level;
  model.shown = [];
  model.tops = [0];
  for (let n = 0; n < model.steps.length; n++) show(n);
}

// atMost returns the index of the last number of a sorted list that is not above n, or -1.
function atMost(list, n) {
  let low = 0, high = list.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (list[middle] <= n) low = middle + 1; else high = middle;
  }
  return low - 1;
}

// until returns the last step that counts as seen when the i-th of the shown ones is the present one: those that are too fine belong to the one before them.
function until(i) {
  return i + 1 < model.shown.length ? model.shown[i + 1] - 1 : model.steps.length - 1;
}

// pipesAt returns the pipes that there are after step n, those that went away with it among them.
function pipesAt(n, since) {
  const all = [];
  for (const of of model.pipes.values()) {
    const i = atMost(of.at, n);
    if (i >= 0 && (!of.is[i].gone || of.at[i] >= since)) all.push(of.is[i]);
  }
  return all;
}

// fate tells what has become of the frame of step f by step n: arrived, flying or lost. A recording that has no arrivals was made where frames arrive.
function fate(f, n) {
  const s = model.steps[f], at = model.arrivals.get(f);
  if (at !== undefined) return at <= n ? "arrived" : "flying";
  if (!model.arrivals.size) return "arrived";
  const end = model.ends.get(s.socket + " " + s.to);
  return end !== undefined && end <= n ? "lost" : "flying";
}

// sentence is a step in words.
function sentence(n, now) {
  const s = model.steps[n];
  let text = "Step " + n + ": ";
  if (s.kind === "frame") {
    text += s.lane + " to " + s.to + (s.socket ? ", socket " + s.socket : "") + ": " + (s.frame ? s.frame.name + " " : "") + s.text;
    const is = fate(n, now);
    if (is !== "arrived") text += is === "lost" ? ", lost" : ", on its way";
  } else {
    if (s.lane && !s.text.startsWith(s.lane)) text += s.lane + ": ";
    text += s.text;
    if (s.kind === "arrival") text += ": " + ((model.steps[s.of].frame || {}).name || "");
  }
  return visible(text);
}
