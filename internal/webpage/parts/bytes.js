// A frame's fields beside its bytes.

const narrow = matchMedia("(max-width: 50rem)");

// detail makes what a frame opens to. wanted is the name of the field that is chosen first; explain is called with the button of each field and its name.
function detail(frame, wanted, explain = (button) => button) {
  const fields = frame.fields || [];
  const bytes = (frame.hex || "").match(/../g) || [];
  const rows = new Map(), parts = new Map(fields.map((f) => [f, []]));
  const chosen = el("p", { role: "status", class: "mono" });
  const box = el("div", { class: "detail" });

  function choose(field) {
    for (const [f, row] of rows) {
      const is = f === field;
      row.classList.toggle("chosen", is);
      row.querySelector("button").setAttribute("aria-pressed", is);
    }
    for (const [f, of] of parts) of.forEach((p) => p.classList.toggle("chosen", f === field));
    const first = parts.get(field)[0];
    const dump = first && first.closest(".dump");
    if (dump) dump.scrollTop = first.offsetTop - dump.clientHeight / 3;
    const part = bytes.slice(field.offset, field.offset + field.size);
    chosen.textContent = visible(field.name + ": offset " + field.offset + ", " + plural(field.size, "byte") + ": " +
      part.slice(0, 16).join(" ") + (part.length > 16 || part.length < field.size ? " …" : ""));
  }

  for (const m of frame.malformed || []) box.append(el("p", { class: "fail" }, "malformed: " + m));
  if (frame.note) box.append(el("p", {}, frame.note));
  if (fields.length) {
    const body = el("tbody");
    for (const f of fields) {
      const button = explain(el("button", { type: "button", "aria-pressed": "false" }, f.name), f.name);
      button.addEventListener("click", () => choose(f));
      const value = f.text ? (String(f.value) === f.text ? f.text : f.text + " (" + f.value + ")") : f.value;
      const row = el("tr", {}, el("th", { scope: "row" }, button), el("td", { class: "number" }, f.offset),
        el("td", { class: "number" }, f.size), el("td", {}, el("bdi", {}, value)));
      rows.set(f, row);
      body.append(row);
    }
    box.append(el("table", { class: "fields" },
      el("caption", { class: "hidden" }, "Fields of " + frame.name),
      el("thead", {}, el("tr", {}, el("th", { scope: "col" }, "field"), el("th", { scope: "col", class: "number" }, "offset"),
        el("th", { scope: "col", class: "number" }, "size"), el("th", { scope: "col" }, "value"))), body));
  }
  if (bytes.length) box.append(dumpOf(frame, bytes, fields, parts, choose));
  box.append(chosen);
  const first = fields.find((f) => f.name === wanted) || fields.find((f) => wanted && f.name.endsWith("." + wanted));
  if (first) choose(first);
  return box;
}

// dumpOf makes the bytes, in lines with their offsets. The bytes of a field choose it; who has no mouse chooses in the table.
function dumpOf(frame, bytes, fields, parts, choose) {
  const width = narrow.matches ? 8 : 16;
  const fieldAt = (i) => fields.find((f) => i >= f.offset && i < f.offset + f.size);
  const body = el("tbody");
  for (let at = 0; at < bytes.length; at += width) {
    const line = el("td"), end = Math.min(at + width, bytes.length);
    for (let i = at; i < end;) {
      const field = fieldAt(i);
      let next = i + 1;
      while (next < end && fieldAt(next) === field) next++;
      const part = el("i", { class: field ? "of" : null, title: field ? visible(field.name) : null }, bytes.slice(i, next).join(" "));
      if (field) {
        part.addEventListener("click", () => choose(field));
        parts.get(field).push(part);
      }
      line.append(part);
      i = next;
    }
    const text = bytes.slice(at, end).map((b) => parseInt(b, 16)).map((c) => c > 31 && c < 127 ? String.fromCharCode(c) : "·").join("");
    body.append(el("tr", {}, el("th", { scope: "row" }, at.toString().padStart(4, "0")), line,
      el("td", { class: "text", "aria-hidden": "true" }, text)));
  }
  const dump = el("div", { class: "dump", role: "group", tabindex: "0", "aria-label": "Bytes of " + visible(frame.name) },
    el("table", {}, el("caption", { class: "hidden" }, "Bytes of " + frame.name), body));
  const left = (frame.size || 0) - bytes.length;
  if (left > 0) dump.append(el("p", {}, plural(left, "further byte") + " not on this page"));
  return dump;
}
