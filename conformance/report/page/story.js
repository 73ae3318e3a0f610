// The story of a case.

// story makes it: what the case is about, the rule, the steps, what was said, and how to see it again.
function story(result, rules) {
  const box = el("div", { class: "story" }, el("p", {}, result.about), ruleOf(rules[result.rule.id] || result.rule, "Rule"));
  const others = result.rules.filter((id) => id !== result.rule.id);
  if (others.length) box.append(el("p", {}, "It also tests ", others.map((id, i) => [i ? ", " : "",
    el("code", { title: rules[id] && rules[id].text ? visible(rules[id].text) : null }, id)]).flat(), "."));
  if (result.seen) {
    const pair = el("div", { class: "verdicts" });
    if (result.expected) pair.append(el("div", { class: "wanted" }, el("h4", {}, "Expected"), el("code", {}, result.expected)));
    pair.append(el("div", { class: "got" + (result.expected ? "" : " alone") }, el("h4", {}, "Seen"), el("code", {}, result.seen)));
    box.append(pair);
  } else if (result.reason) {
    box.append(el("p", {}, result.reason));
  }
  box.append(el("h4", {}, "Steps"), stepsOf(result));
  if (result.frames.length) box.append(el("h4", {}, "What was said"), ladder(result));
  if (result.output) {
    box.append(el("h4", {}, "What the target printed last"),
      el("pre", { class: "output", tabindex: "0", role: "group", "aria-label": "What the target printed last" }, result.output));
  }
  if (result.command) box.append(el("h4", {}, "Run just this case again"), commandOf(result.command));
  if (result.capture) box.append(el("p", {}, "The capture is ", el("code", {}, result.capture), "."));
  box.append(el("p", {}, el("a", { href: linkTo(result.case) }, "Link to this case")));
  return box;
}

function linkTo(name) { return "#case=" + name.split("/").map(encodeURIComponent).join("/"); }

function ruleOf(rule) {
  return el("div", { class: "rule" }, el("p", {}, el("code", {}, rule.id), " ",
    rule.level ? el("span", { class: "level" }, rule.level) : null, " ", rule.text || ""),
    rule.section ? el("p", { class: "from" }, "docs/" + rule.section + " · " + rule.source) : null);
}

// stepsOf lists the steps, each with what became of it.
function stepsOf(result) {
  const at = result.step ? result.step.index : null;
  const ran = result.verdict !== "unsupported" && (at !== null || result.verdict !== "inconclusive");
  return el("ol", { class: "steps" }, result.steps.map((text, i) => {
    let kind = "done", sign = "✓", word = "done: ";
    if (!ran || (at !== null && i > at)) [kind, sign, word] = ["later", "·", "not reached: "];
    else if (i === at) [kind, sign, word] = ["broken", "✗", "broken: "];
    return el("li", { class: kind }, el("span", { class: kind === "done" ? "pass" : null, "aria-hidden": "true" }, sign),
      el("span", {}, hidden(word), el("code", {}, text)));
  }));
}

// commandOf makes the command with a button that copies it.
function commandOf(command) {
  const text = el("pre", {}, el("code", {}, command));
  const copy = el("button", { type: "button", class: "copy" }, "Copy");
  copy.addEventListener("click", async () => {
    let done = true;
    try {
      await navigator.clipboard.writeText(command);
    } catch {
      getSelection().selectAllChildren(text);
      done = document.execCommand("copy");
    }
    copy.textContent = done ? "Copied" : "Selected";
    say(done ? "The command is copied." : "The command is selected.");
    setTimeout(() => { copy.textContent = "Copy"; }, 2000);
  });
  return el("div", { class: "again" }, text, copy);
}
