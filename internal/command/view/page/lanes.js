// The messengers: a column for each, with its sessions, their numbers and what waits in them.

const lanesBox = document.getElementById("lanes");

function drawLanes(n, since) {
  const pipes = pipesAt(n, since);
  lanesBox.style.setProperty("--lanes", Math.max(model.run.lanes.length, 1));
  lanesBox.hidden = model.pipes.size === 0 && model.run.lanes.length > 3;
  remake(lanesBox, () => lanesBox.replaceChildren(...model.run.lanes.map((lane, i) => {
    const own = pipes.filter((p) => p.lane === lane.name);
    return el("section", { class: "lane l" + i % 3, "aria-label": visible(lane.name) },
      el("h3", {}, lane.name, lane.engine ? el("span", { class: "engine" }, lane.engine) : null),
      lane.addr ? el("p", { class: "addr mono" }, lane.addr) : null,
      own.length ? own.map(card) : model.pipes.size ? el("p", { class: "none" }, "no session") : null);
  })));
}

function card(p) {
  const w = (name) => word(name, p.key);
  return oneStop(el("div", { class: "card" + (p.gone ? " gone" : "") },
    el("p", { class: "state" }, el("strong", { class: "badge " + p.state.toLowerCase() }, w(p.state)), p.peer ? el("span", {}, " with ", p.peer) : null),
    p.event ? el("p", { class: "stage" }, el("span", { class: "key" }, "event state "), el("code", {}, p.event)) : null,
    p.reader || p.writer ? el("p", { class: "stage" }, el("span", { class: "key" }, w("reader"), " "), p.reader || "none",
      el("span", { class: "key" }, " · ", w("writer"), " "), p.writer || "none") : null,
    el("dl", { class: "numbers" }, [["connect_seq", p.connect_seq], ["out_seq", p.out_seq || "–"], ["in_seq", p.in_seq], ["acked", p.in_seq_acked]].map(([name, value]) =>
      el("div", {}, el("dt", {}, w(name)), el("dd", {}, value)))),
    bar("queued", w, p.queued, p.out_seq + 1),
    p.lossy ? el("p", { class: "stage" }, w("lossy"), ": nothing is kept to be sent again") : bar("unacked", w, p.sent, p.out_seq - p.sent + 1)));
}

// bar shows messages as boxes with their numbers, the first ones at least.
function bar(name, w, count, first) {
  const most = 6, boxes = [];
  for (let i = 0; i < Math.min(count, most); i++) boxes.push(el("i", {}, first + i));
  if (count > most) boxes.push(el("b", {}, "+" + (count - most)));
  return el("p", { class: "queue " + name }, el("span", { class: "key" }, w(name), " "), el("span", { class: "hidden" }, plural(count, "message"), count ? ": " : ""),
    count ? el("span", { class: "boxes" }, boxes) : el("span", { class: "none", "aria-hidden": "true" }, "0"));
}
