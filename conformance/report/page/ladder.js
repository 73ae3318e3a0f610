// The conversation of a case: a lifeline for each side, an arrow for each frame.

// ladder makes it. In a case that failed the last frame of the target is open: mostly it is the one that is wrong.
function ladder(result) {
  const numbers = [...new Set(result.frames.filter((f) => f.connection).map((f) => f.connection))];
  const list = el("ol", { class: "ladder", "aria-label": "Frames, in order" });
  const broken = result.step || result.verdict === "fail";
  const last = broken ? result.frames.findLast((f) => f.from === "target" && f.name) : null;
  for (const f of result.frames) {
    if (f.left_out) {
      list.append(el("li", { class: "gap" }, plural(f.left_out, "frame") + " left out here; with --pcap-dir a capture has them all"));
      continue;
    }
    const row = el("li", { class: f.from + " s" + (f.connection - 1) % 6 + (f.end ? " ending" : "") });
    fill(row, f, numbers.length > 1 ? socketName(result.frames, f) : "", f === last ? fieldIn(result) : null, f === last);
    list.append(row);
  }
  if (broken && result.verdict !== "pass") {
    list.append(el("li", { class: "halt" }, el("div", {}, el("strong", {}, "✗ Here it broke: "),
      result.step ? el("code", {}, result.step.text) : "after the last step", ". ", result.seen || result.reason)));
  }
  return el("div", {}, el("div", { class: "ends", "aria-hidden": "true" }, el("span", {}, "kit"), el("span", {}, "target")), list);
}

// socketName tells sockets apart that have one name.
function socketName(frames, f) {
  const same = [...new Set(frames.filter((o) => o.socket === f.socket).map((o) => o.connection))];
  const n = same.indexOf(f.connection) + 1;
  return "socket " + f.socket + (same.length > 1 ? ", opened " + (n === 1 ? "first" : "again, " + n) : "");
}

// fieldIn returns the field that the reason names: "reply: tag=READY".
function fieldIn(result) {
  const m = /^\w+: ([\w.]+)=/.exec(result.seen || "");
  return m && m[1];
}

// fill makes the row of a frame: what is said, an arrow, and, once it is opened, fields and bytes.
function fill(row, f, socket, wanted, open) {
  const who = f.from === "kit" ? "kit to target: " : "target to kit: ";
  const words = el("span", { class: "words" }, hidden(who),
    f.end ? el("span", { class: "name" }, f.from === "kit" ? "the kit closes" : "the target is gone") : el("span", { class: "name" }, f.name),
    " ", el("bdi", {}, f.end || f.summary || ""), f.incomplete ? el("span", { class: "bad" }, " incomplete") : null,
    f.malformed ? el("span", { class: "bad" }, " malformed") : null, " ",
    socket ? el("span", { class: "chip" }, socket) : null, " ",
    el("span", { class: "time" }, f.ms.toFixed(1) + " ms" + (f.size ? ", " + plural(f.size, "byte") : "")));
  const arrow = el("span", { class: "arrow", "aria-hidden": "true" });
  if (!f.hex && !f.malformed && !f.note) {
    row.append(el("div", { class: "said" }, words, arrow));
    return;
  }
  const button = el("button", { type: "button", class: "said", "aria-expanded": "false" }, words, arrow);
  let box = null;
  function toggle() {
    if (!box) {
      box = detail(f, wanted);
      box.hidden = true;
      row.append(box);
    }
    box.hidden = !box.hidden;
    button.setAttribute("aria-expanded", !box.hidden);
  }
  button.addEventListener("click", toggle);
  row.append(button);
  if (open) toggle();
}
