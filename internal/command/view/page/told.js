// What the present step says: its frame with fields and bytes, or its event; and the row of the table that has decided.

const toldBody = document.getElementById("told-body"), toldTitle = document.getElementById("told-title");
const decidedText = document.getElementById("decided"), decisions = document.getElementById("decisions");
let toldOf = -1;

function drawTold() {
  const n = model.shown[state.now];
  if (n === undefined) {
    toldTitle.textContent = "Nothing has happened yet";
    toldBody.replaceChildren();
    toldOf = -1;
    return;
  }
  const s = model.steps[n], is = s.kind === "frame" ? fate(n, lastArrival()) : "";
  if (toldOf === n + is) return;
  toldOf = n + is;
  toldTitle.textContent = visible("Step " + n + (s.frame ? ": " + s.frame.name : s.name ? ": " + s.name : ""));
  const facts = [s.at.toFixed(3) + " ms"];
  if (s.kind === "frame") facts.push(s.lane + " → " + s.to);
  else if (s.lane) facts.push(s.lane);
  if (s.socket) facts.push("socket " + s.socket);
  if (is === "flying") facts.push("on its way");
  if (is === "lost") facts.push("lost: the socket ended before it arrived");
  if (s.frame) facts.push(plural(s.frame.size, "byte"));
  toldBody.replaceChildren(el("p", { class: "facts" }, facts.join(" · ")), s.text ? el("p", { class: "text " + (s.mark || "") }, s.text) : "",
    s.frame && meaning(s.frame.name) ? el("p", { class: "hint" }, meaning(s.frame.name).textContent) : "", s.frame ? detail(s.frame, undefined, explained) : "");
}

let lit = null;

function drawDecision() {
  const last = state.now < 0 ? -1 : until(state.now), i = atMost(model.decided, last);
  const s = i < 0 ? null : model.steps[model.decided[i]];
  const row = s ? [...decisions.tBodies[0].rows].find((r) => r.dataset.case === s.case) : null;
  if (s) decidedText.replaceChildren(el("strong", {}, s.lane + " answers ", word(s.answer)), ": " + s.case + ", at step " + model.decided[i] + ". Decided in ",
    row ? where(row) : "", ".");
  else decidedText.textContent = "Nothing is decided yet.";
  if (row === lit) return;
  if (lit) {
    lit.classList.remove("lit");
    lit.removeAttribute("aria-current");
  }
  lit = row;
  if (!row) {
    decisions.closest(".table").scrollTop = 0;
    return;
  }
  row.classList.add("lit");
  row.setAttribute("aria-current", "true");
  const box = row.closest(".table");
  box.scrollTop = row.offsetTop - box.clientHeight / 2;
}

// where is a link to the line that decides.
function where(row) {
  const link = row.querySelector("a"), [, file, line] = /source\/(.*)#L(.*)/.exec(link.getAttribute("href"));
  return el("a", { href: link.getAttribute("href"), target: "_blank", rel: "noopener" }, file + ", line " + line);
}
