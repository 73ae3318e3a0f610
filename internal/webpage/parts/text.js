// What comes from elsewhere, such as what a peer says and is called, becomes text nodes and attributes, never markup.

// visible shows characters that nobody can see, or that turn the text around them.
function visible(s) {
  return String(s).replace(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff]/g,
    (c) => "\\u" + c.charCodeAt(0).toString(16).padStart(4, "0"));
}

// el makes an element. Attributes whose value is false, null or undefined are left out; children are elements or text.
function el(tag, attributes, ...children) {
  const e = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes || {})) {
    if (value === true) e.setAttribute(name, "");
    else if (value !== false && value !== null && value !== undefined) e.setAttribute(name, value);
  }
  for (const c of children.flat()) {
    if (c !== null && c !== undefined && c !== false) e.append(c instanceof Node ? c : visible(c));
  }
  return e;
}

// hidden is for those who hear the page.
function hidden(text) { return el("span", { class: "hidden" }, text); }

function plural(n, one) { return n + " " + one + (n === 1 ? "" : "s"); }

// say tells it to those who hear the page.
function say(text) { document.getElementById("said").textContent = text; }
