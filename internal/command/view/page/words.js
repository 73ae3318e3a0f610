// What words mean. The glossary is in the page, hidden; its rows are shown beside a word that has the pointer or the focus.

const tip = document.getElementById("tip"), glossary = new Map();
for (const row of document.querySelectorAll("#glossary > p")) {
  for (const name of row.dataset.names.split(", ")) glossary.set(name, row);
}

// meaning is the row of a word, or of a field by the last part of its name; undefined if there is none. Frames and states are in capitals, also where
// the glossary has the word in small letters; but a field seq is not the answer SEQ.
function meaning(name) {
  const last = String(name).slice(String(name).lastIndexOf(".") + 1);
  return glossary.get(last) || glossary.get(last.toLowerCase());
}

// explained has an element that can have the focus tell what a word means.
function explained(e, name) {
  const row = meaning(name);
  if (row) {
    e.classList.add("word");
    e.setAttribute("aria-describedby", row.id);
  }
  return e;
}

// word makes a word that tells what it means; where the glossary does not know it, it is just text. One that has a place is known by it when it is made anew.
function word(text, place) {
  if (!meaning(text)) return text;
  return explained(el("button", { type: "button", id: place ? ("word " + place + " " + text).replace(/\s/g, "_") : null }, text), text);
}

let owner = null; // the word whose meaning is shown

function showTip(e) {
  owner = e;
  tip.textContent = document.getElementById(e.getAttribute("aria-describedby")).textContent;
  tip.hidden = false;
  const at = e.getBoundingClientRect(), width = document.documentElement.clientWidth;
  tip.style.left = Math.max(8, Math.min(at.left, width - tip.offsetWidth - 8)) + "px";
  const below = at.bottom + tip.offsetHeight < innerHeight;
  tip.style.top = (below ? at.bottom : at.top - tip.offsetHeight) + "px";
}

function hideTip() {
  owner = null;
  tip.hidden = true;
}

const wordAt = (target) => target instanceof Element ? target.closest("button.word") : null;
let remade = false; // the focus goes to what looks as it did before

for (const event of ["pointerover", "focusin", "click"]) {
  document.addEventListener(event, (e) => {
    const w = wordAt(e.target);
    if (w && !remade) showTip(w);
    else if (event === "pointerover" && owner && e.target !== tip && owner !== document.activeElement) hideTip();
  });
}
document.addEventListener("focusout", (e) => { if (wordAt(e.target)) hideTip(); });
document.addEventListener("scroll", () => { if (owner) showTip(owner); }, true); // a word that gets the focus is scrolled to
document.addEventListener("keydown", (e) => { if (e.key === "Escape") hideTip(); });

// remake does what makes the elements of a box anew. A word within it that has the focus, or whose meaning is shown, keeps it.
function remake(box, make) {
  const focused = box.contains(document.activeElement) ? document.activeElement.id : "", shown = owner && box.contains(owner) ? owner.id : "";
  remade = true;
  make();
  const again = focused && document.getElementById(focused);
  if (again) again.focus({ preventScroll: true });
  remade = false;
  const w = shown && document.getElementById(shown);
  if (w) showTip(w);
  else if (shown) hideTip();
}

// oneStop makes the words of a group one stop for Tab; arrow keys go from word to word within it.
function oneStop(group) {
  const words = [...group.querySelectorAll("button.word")];
  words.forEach((w, i) => w.tabIndex = i ? -1 : 0);
  group.addEventListener("focusin", (e) => words.forEach((w) => w.tabIndex = w === e.target ? 0 : -1));
  group.addEventListener("keydown", (e) => {
    const i = words.indexOf(e.target), to = { ArrowRight: i + 1, ArrowDown: i + 1, ArrowLeft: i - 1, ArrowUp: i - 1, Home: 0, End: words.length - 1 }[e.key];
    if (i < 0 || to === undefined) return;
    e.preventDefault();
    words[Math.min(Math.max(to, 0), words.length - 1)].focus();
  });
  return group;
}
