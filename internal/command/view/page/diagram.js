// The diagram: a list of which only the rows that are in sight exist, however many there are.

const scroller = document.getElementById("scroller"), diagram = document.getElementById("diagram");
const ahead = 10; // rows beyond what is in sight

// drawDiagram makes the rows in sight. Steps beyond the furthest one that was reached do not exist yet: the diagram grows.
function drawDiagram() {
  const count = Math.min(state.reach + 1, model.shown.length);
  setHeight(count);
  lifelines();
  const from = Math.max(0, atMost(model.tops, scroller.scrollTop) - ahead);
  const to = Math.min(count, atMost(model.tops, scroller.scrollTop + scroller.clientHeight) + ahead);
  const last = lastArrival();
  const rows = [];
  if (state.now >= 0 && state.now < from) rows.push(makeRow(state.now, state.now, last));
  for (let i = from; i < to; i++) rows.push(makeRow(i, state.now, last));
  if (state.now >= to && state.now < count) rows.push(makeRow(state.now, state.now, last));
  diagram.replaceChildren(...rows);
  if (state.now >= 0 && state.now < count) diagram.setAttribute("aria-activedescendant", "row-" + model.shown[state.now]);
  else diagram.removeAttribute("aria-activedescendant");
}

// lastArrival is the step up to which arrivals count: a frame that has just been sent is on its way.
function lastArrival() {
  return state.now + 1 < model.shown.length ? model.shown[state.now] : model.steps.length - 1;
}

function setHeight(count) { diagram.style.height = Math.max(model.tops[count], 1) + "px"; }

// reveal scrolls to the present step.
function reveal() {
  if (state.now < 0) return;
  setHeight(Math.min(state.reach + 1, model.shown.length));
  const top = model.tops[state.now], bottom = model.tops[state.now + 1];
  if (top < scroller.scrollTop + rowHeight) scroller.scrollTop = top - 2 * rowHeight;
  else if (bottom > scroller.scrollTop + scroller.clientHeight - rowHeight) scroller.scrollTop = bottom - scroller.clientHeight + 2 * rowHeight;
}

function lifelines() {
  const lanes = model.run.lanes, line = "linear-gradient(var(--line), var(--line))";
  diagram.style.backgroundImage = lanes.map(() => line).join(", ");
  diagram.style.backgroundSize = lanes.map(() => "2px 100%").join(", ");
  diagram.style.backgroundPosition = lanes.map((_, i) => "calc(" + place(i) + "% - 1px) 0").join(", ");
}

// drawHeads names the lines.
function drawHeads() {
  const lanes = model.run.lanes, heads = document.getElementById("heads");
  heads.classList.toggle("many", lanes.length > 3);
  heads.replaceChildren(...lanes.map((lane, i) => {
    const head = el("span", { class: "l" + i % 3, title: visible(lane.name) }, lane.name);
    head.style.left = place(i) + "%";
    head.style.maxWidth = 84 / lanes.length + "%";
    return head;
  }));
}

scroller.addEventListener("scroll", () => later(drawDiagram));
addEventListener("resize", () => {
  state.moved = true;
  later(drawAll);
});

// later does something before the next picture, once.
const waiting = new Set();
function later(f) {
  if (!waiting.size) {
    requestAnimationFrame(() => {
      const all = [...waiting];
      waiting.clear();
      for (const g of all) g();
    });
  }
  waiting.add(f);
}
