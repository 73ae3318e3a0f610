// A row of the diagram: an arrow from lane to lane for a frame, words at its lane for everything else.

// place returns where the line of a lane is, in percent of the width.
function place(i) {
  const n = model.run.lanes.length, edge = n > 3 ? 8 : 12;
  return n < 2 ? 50 : edge + i * (100 - 2 * edge) / (n - 1);
}

function makeRow(i, now, last) {
  const n = model.shown[i], s = model.steps[n], lane = model.laneOf.get(s.lane), to = model.laneOf.get(s.to);
  const row = el("div", { role: "option", id: "row-" + n, class: "row " + s.kind + (s.mark ? " " + s.mark : "") + (i > now ? " later" : "") + (i === now ? " now" : ""),
    "aria-selected": i === now, "aria-posinset": i + 1, "aria-setsize": model.shown.length, "aria-label": sentence(n, last) });
  row.style.top = model.tops[i] + "px";
  row.style.height = model.tops[i + 1] - model.tops[i] + "px";
  row.append(el("span", { class: "time" }, s.at.toFixed(1)));
  if (s.kind === "frame" && lane !== undefined && to !== undefined) arrow(row, s, n, lane, to, last);
  else words(row, s, lane);
  row.addEventListener("click", () => goTo(i));
  return row;
}

function arrow(row, s, n, lane, to, last) {
  const is = fate(n, last);
  const a = place(lane), b = place(to), left = Math.min(a, b), width = Math.abs(a - b);
  const box = el("span", { class: "said " + is + (a < b ? " right" : " left") + " k" + (s.socket || 1) % 6 },
    el("span", { class: "words" }, s.frame ? el("b", {}, s.frame.name) : null, " ", s.text, is === "lost" ? el("em", {}, " lost") : null),
    el("span", { class: "line" }));
  box.style.left = left + "%";
  box.style.width = width + "%";
  row.append(box);
}

const signsOf = { alarm: "✗", milestone: "●" };

function words(row, s, lane) {
  const chip = el("span", { class: "chip" }, s.mark ? el("span", { class: "sign" }, signsOf[s.mark]) : null, s.mark ? " " : null,
    s.kind === "arrival" ? (model.steps[s.of].frame || {}).name + " has arrived" : s.text);
  const n = model.run.lanes.length;
  if (lane === undefined) chip.classList.add("middle");
  else if (lane === 0) chip.style.left = place(0) + "%";
  else if (lane === n - 1) chip.style.right = 100 - place(lane) + "%";
  else {
    chip.classList.add("centered");
    chip.style.left = place(lane) + "%";
  }
  row.append(chip);
}
