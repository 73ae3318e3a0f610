// The messengers: a column for each, with its sessions, their numbers and what waits in them.

const lanesBox = document.getElementById("lanes");

function drawLanes(n, since) {
  const pipes = pipesAt(n, since);
  lanesBox.style.setProperty("--lanes", Math.max(model.run.lanes.length, 1));
  lanesBox.hidden = model.pipes.size === 0 && model.run.lanes.length > 3;
  lanesBox.replaceChildren(...model.run.lanes.map((lane, i) => {
    const own = pipes.filter((p) => p.lane === lane.name);
    return el("section", { class: "lane l" + i % 3, "aria-label": visible(lane.name) },
      el("h3", {}, lane.name, lane.engine ? el("span", { class: "engine" }, lane.engine) : null),
      lane.addr ? el("p", { class: "addr mono" }, lane.addr) : null,
      own.length ? own.map(card) : model.pipes.size ? el("p", { class: "none" }, "no session") : null);
  }));
}

const meanings = {
  ACCEPTING: "a socket came in; nobody is let in yet", CONNECTING: "it opens a connection, or waits before it does",
  OPEN: "frames go both ways", STANDBY: "the session lives on without a socket, until there is something to say",
  WAIT: "the peer's own connection has to come", CLOSING: "one side has said CLOSE", CLOSED: "the end",
};

function card(p) {
  return el("div", { class: "card" + (p.gone ? " gone" : "") },
    el("p", { class: "state" }, el("strong", { class: "badge " + p.state.toLowerCase(), title: meanings[p.state] || null }, p.state),
      p.peer ? el("span", {}, " with ", p.peer) : null),
    p.event ? el("p", { class: "stage" }, el("span", { class: "key" }, "event state "), el("code", {}, p.event)) : null,
    p.reader || p.writer ? el("p", { class: "stage" }, el("span", { class: "key" }, "reader "), p.reader || "none",
      el("span", { class: "key" }, " · writer "), p.writer || "none") : null,
    el("dl", { class: "numbers" }, number("connect_seq", p.connect_seq, "connections there were within this session"),
      number("out_seq", p.out_seq || "–", "the last message sent"), number("in_seq", p.in_seq, "the last message taken in"),
      number("acked", p.in_seq_acked, "the last message taken in of which the peer was told")),
    bar("queued", p.queued, p.out_seq + 1, "waits to be written"),
    p.lossy ? el("p", { class: "stage" }, "lossy: nothing is kept to be sent again") :
      bar("unacked", p.sent, p.out_seq - p.sent + 1, "is written, and kept until it is acked"));
}

function number(name, value, title) { return el("div", { title }, el("dt", {}, name), el("dd", {}, value)); }

// bar shows messages as boxes with their numbers, the first ones at least.
function bar(name, count, first, title) {
  const most = 6, boxes = [];
  for (let i = 0; i < Math.min(count, most); i++) boxes.push(el("i", {}, first + i));
  if (count > most) boxes.push(el("b", {}, "+" + (count - most)));
  return el("p", { class: "queue " + name, title }, el("span", { class: "key" }, name, " "), el("span", { class: "hidden" }, plural(count, "message"), count ? ": " : ""),
    count ? el("span", { class: "boxes" }, boxes) : el("span", { class: "none", "aria-hidden": "true" }, "0"));
}
