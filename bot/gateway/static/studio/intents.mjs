/** The search for an intent: a combobox over all that can be taught. */

import { h } from "./dom.mjs";

const SHOWN = 8;

/** Intents that have every typed word in their name or in a sample phrase; names that begin with it come first. */
export function find(intents, typed) {
  const words = typed.toLowerCase().split(/[\s_]+/).filter(Boolean);
  const rank = (intent) => {
    if (words.length === 0) return 1;
    const name = intent.name.replaceAll("_", " ");
    if (name.startsWith(words[0])) return 0;
    if (words.every((word) => name.includes(word))) return 1;
    return words.every((word) => `${name} ${intent.samples.join(" ").toLowerCase()}`.includes(word)) ? 2 : 9;
  };
  return intents
    .map((intent) => [rank(intent), intent])
    .filter(([value]) => value < 9)
    .sort((a, b) => a[0] - b[0])
    .slice(0, SHOWN)
    .map(([, intent]) => intent);
}

/**
 * @param {() => Array<{name: string, phrases: number, taught: number, samples: string[]}>} intents
 * @param {(name: string) => void} choose
 * @param {() => void} leave called on Escape
 */
export function searchBox(intents, choose, leave) {
  let found = [];
  let at = 0;
  const list = h("ul", { id: "intent-list", role: "listbox", class: "found", "aria-label": "Intents", hidden: true });
  const input = h("input", {
    type: "text",
    role: "combobox",
    id: "intent-search",
    class: "search",
    placeholder: "Another intent …",
    autocomplete: "off",
    "aria-label": "Search an intent",
    "aria-expanded": "false",
    "aria-controls": "intent-list",
    "aria-autocomplete": "list",
    oninput: () => show(),
    onfocus: () => show(),
    onblur: () => close(),
    onkeydown: (event) => key(event),
  });

  function show() {
    found = find(intents(), input.value);
    at = 0;
    draw();
  }

  function draw() {
    list.replaceChildren(
      ...found.map((intent, index) =>
        h(
          "li",
          {
            role: "option",
            id: `intent-${index}`,
            "aria-selected": index === at ? "true" : "false",
            // The field would lose the focus, and the list with it, before a click is heard.
            onmousedown: (event) => event.preventDefault(),
            onclick: () => choose(intent.name),
          },
          h("strong", {}, intent.name.replaceAll("_", " ")),
          h("small", { class: "muted" }, intent.samples[0] ? `“${intent.samples[0]}”` : `${intent.taught} taught so far`),
        ),
      ),
      ...(found.length === 0 ? [h("li", { class: "muted" }, "No such intent; n makes a new one.")] : []),
    );
    list.hidden = false;
    input.setAttribute("aria-expanded", "true");
    if (found.length > 0) input.setAttribute("aria-activedescendant", `intent-${at}`);
    else input.removeAttribute("aria-activedescendant");
  }

  function close() {
    list.hidden = true;
    input.setAttribute("aria-expanded", "false");
  }

  function key(event) {
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      if (found.length === 0) return;
      at = (at + (event.key === "ArrowDown" ? 1 : found.length - 1)) % found.length;
      draw();
    } else if (event.key === "Enter") {
      event.preventDefault();
      if (found[at]) choose(found[at].name);
    } else if (event.key === "Escape") {
      input.value = "";
      input.blur();
      leave();
    }
  }

  return { element: h("div", { class: "searching" }, input, list), focus: () => input.focus() };
}
