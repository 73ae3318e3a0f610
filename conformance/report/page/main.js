// The list of cases, what filters it, and the links to cases.

const signs = { fail: "✗", "non-strict": "~", inconclusive: "?", unsupported: "–", pass: "✓" };
const data = JSON.parse(document.getElementById("data").textContent);
const form = document.getElementById("filters");
const [textField, groupField, ruleField] = ["text", "group", "rule"].map((id) => document.getElementById(id));
const order = Object.keys(signs);
// The worst come first; those of one verdict are in the order of the run.
const cases = data.results.map((result) => ({ result })).sort((a, b) =>
  order.indexOf(a.result.verdict) - order.indexOf(b.result.verdict));
const opened = 3;

function makeCase(c, i) {
  const r = c.result;
  const box = el("div", { id: "story-" + i, hidden: true });
  c.button = el("button", { type: "button", "aria-expanded": "false", "aria-controls": "story-" + i },
    el("span", { class: "verdict " + r.verdict }, el("span", { "aria-hidden": "true" }, signs[r.verdict] + " "), r.verdict),
    el("span", { class: "name" }, r.case), el("span", { class: "took" }, r.took_ms.toFixed(0) + " ms"));
  c.toggle = (open) => {
    if (open && !box.firstChild) box.append(story(r, data.rules));
    box.hidden = !open;
    c.button.setAttribute("aria-expanded", open);
  };
  c.button.addEventListener("click", () => {
    c.toggle(box.hidden);
    if (!box.hidden) history.replaceState(null, "", linkTo(r.case));
  });
  c.item = el("li", {}, el("h3", {}, c.button), r.reason ? el("p", { class: "why" }, r.reason) : null, box);
  return c.item;
}

// words are what a case can be found by.
function words(c) {
  const r = c.result;
  c.words = c.words || [r.case, r.about, r.reason, r.rule.id, r.rule.text, r.rules.join(" "), r.steps.join("\n"),
    ...r.frames.map((f) => (f.name || "") + " " + (f.summary || f.end || ""))].join("\n").toLowerCase();
  return c.words;
}

function filter() {
  const text = textField.value.trim().toLowerCase();
  const wanted = new Set([...form.querySelectorAll("input[type=checkbox]:checked")].map((b) => b.value));
  let shown = 0;
  for (const c of cases) {
    const r = c.result;
    const fits = wanted.has(r.verdict) && (!groupField.value || r.group === groupField.value) &&
      (!ruleField.value || r.rules.includes(ruleField.value) || r.rule.id === ruleField.value) &&
      (!text || words(c).includes(text));
    c.item.hidden = !fits;
    shown += fits;
  }
  document.getElementById("shown").textContent = shown === cases.length ? "All " + plural(shown, "case") :
    shown + " of " + plural(cases.length, "case");
}

// only filters by a cell of the matrix.
function only(group, verdict) {
  form.reset();
  groupField.value = group;
  for (const b of form.querySelectorAll("input[type=checkbox]")) b.checked = b.value === verdict;
  filter();
  const heading = document.getElementById("cases");
  heading.focus();
  heading.scrollIntoView();
}

function makeFilters() {
  for (const g of new Set(data.results.map((r) => r.group))) groupField.append(el("option", { value: g }, g));
  const used = new Set(data.results.flatMap((r) => [...r.rules, r.rule.id]));
  for (const id of Object.keys(data.rules).filter((id) => used.has(id))) {
    const text = data.rules[id].text || "";
    ruleField.append(el("option", { value: id }, id + (text ? ": " + (text.length > 70 ? text.slice(0, 69) + "…" : text) : "")));
  }
  for (const v of order) {
    document.getElementById("verdicts").append(el("label", { class: v },
      el("input", { type: "checkbox", value: v, checked: true }), el("span", { "aria-hidden": "true" }, signs[v]), v + " (" + data.end.verdicts[v] + ")"));
  }
  for (const cell of document.querySelectorAll("#matrix td:not(.none)")) {
    const { group, verdict } = cell.dataset, n = cell.textContent;
    const button = el("button", { type: "button", "aria-label": n + " " + verdict + (group ? " in " + visible(group) : "") + ": show them" }, n);
    button.addEventListener("click", () => only(group, verdict));
    cell.replaceChildren(button);
  }
  form.addEventListener("input", filter);
  form.addEventListener("submit", (e) => e.preventDefault());
  form.addEventListener("reset", () => setTimeout(filter));
  form.hidden = false;
}

// follow opens the case that the address names.
function follow() {
  const m = /^#case=(.+)$/.exec(location.hash);
  if (!m) return false;
  let name = m[1];
  try { name = decodeURIComponent(name); } catch { /* it is not one of ours */ }
  const c = cases.find((c) => c.result.case === name);
  if (!c) return false;
  if (c.item.hidden) {
    form.reset();
    filter();
  }
  c.toggle(true);
  c.button.focus({ preventScroll: true });
  c.item.scrollIntoView();
  return true;
}

makeFilters();
document.getElementById("list").append(...cases.map(makeCase));
filter();
addEventListener("hashchange", follow);
if (!follow()) cases.filter((c) => c.result.failed).slice(0, opened).forEach((c) => c.toggle(true));
