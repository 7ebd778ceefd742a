/**
 * The teaching inbox: one message at a time, one key a decision, the next message at once.
 *
 * A decision is shown as taken before the server has answered; if it is refused, its message comes back with the reason.
 */

import { call, h } from "./dom.mjs";
import { searchBox } from "./intents.mjs";

const PAGE = 20;
const FEW = 5;
const PATH = "/api/v1/nlu/inbox";

const place = document.getElementById("inbox");
const said = document.getElementById("said");
const problem = document.getElementById("problem");
const why = /** @type {HTMLSelectElement} */ (document.getElementById("why"));
const dialog = /** @type {HTMLDialogElement} */ (document.getElementById("new-intent"));
const form = /** @type {HTMLFormElement} */ (document.getElementById("new-intent-form"));
const mayTeach = place.dataset.mayTeach === "yes";

const REASONS = { not_understood: "not understood", unsure: "unsure", went_wrong: "the case went wrong" };
const AUTHORS = { customer: "Customer", bot: "Bot", agent: "Agent", system: "System" };

let items = [];
let intents = [];
let left = Number(place.dataset.total);
let withSimilar = true;
let search = null;
/** What the dialog is about; by the time it is answered another message may be in front. */
let asked = null;
let making = false;
let shown = null;
let sending = Promise.resolve();
const gone = new Set();

/** One after the other, so that undo takes back what was decided last. */
function send(body) {
  const answer = sending.then(() => call("POST", PATH, body));
  sending = answer.catch(() => {});
  return answer;
}

/** What is in front of the person when the answer comes stays there, if it shall. */
async function load({ keepFirst = false } = {}) {
  const query = new URLSearchParams({ limit: String(PAGE), ...(why.value ? { why: why.value } : {}) });
  const page = await call("GET", `${PATH}?${query}`);
  const first = keepFirst ? items.slice(0, 1) : [];
  const waiting = page.items.filter((item) => !gone.has(item.message));
  left = page.total - (page.items.length - waiting.length);
  items = [...first, ...waiting.filter((item) => item.message !== first[0]?.message)];
}

async function refill() {
  if (items.length > FEW || left <= items.length) return;
  await sending;
  await load({ keepFirst: true });
  if (items[0]?.message !== shown) draw();
}

function draw({ focus = true } = {}) {
  place.setAttribute("aria-busy", "false");
  const [item] = items;
  shown = item?.message;
  if (!item) {
    search = null;
    place.replaceChildren(h("div", { class: "card empty" }, h("h2", {}, "Nothing waits here"), h("p", {},
      "Every message was understood, or somebody has decided about it. New ones come as customers write.")));
    return;
  }
  search = mayTeach ? searchBox(() => intents, (name) => teach(name), () => place.querySelector(".card")?.focus()) : null;
  place.replaceChildren(h("div", { class: "card review", tabindex: "-1", "aria-label": `Message: ${item.text}` },
    h("div", { class: "row spread" },
      h("div", { class: "row" }, ...item.reasons.map((reason) => h("span", { class: "tag warn" }, REASONS[reason])),
        item.low_survey && h("span", { class: "tag bad" }, "low rating"),
        item.escalated && h("span", { class: "tag" }, "went to a person"),
        item.not_helpful && h("span", { class: "tag bad" }, "the answer did not help")),
      h("span", { class: "muted" }, `${left} left${item.case_number ? ` · case ${item.case_number}` : ""}`)),
    h("div", { class: "thread" },
      ...item.before.map((line) => bubble(line)),
      h("blockquote", { class: "asked" }, item.text),
      ...item.after.map((line) => bubble(line))),
    h("p", { class: "muted" }, item.understood === "nlu_fallback" ? "The bot asked back." : "The bot took it for ",
      item.understood === "nlu_fallback" ? null : h("code", {}, item.understood)),
    mayTeach && item.similar.length > 0 && similar(item),
    h("div", { class: "choices", role: "group", "aria-label": "What the customer wanted" },
      ...item.guesses.map((guess, index) => h("button", {
        class: "choice", type: "button", disabled: !mayTeach, onclick: () => teach(guess.intent),
        "aria-keyshortcuts": String(index + 1),
      }, h("kbd", {}, String(index + 1)), h("span", { class: "choice-name" }, guess.intent.replaceAll("_", " ")),
      h("meter", { min: 0, max: 1, value: guess.confidence, "aria-hidden": "true" }),
      h("span", { class: "muted" }, percent(guess.confidence))))),
    search && h("div", { class: "row more" }, search.element,
      h("button", { class: "button quiet", type: "button", onclick: openNew, "aria-keyshortcuts": "n" }, "New intent"),
      h("button", { class: "button quiet", type: "button", onclick: setAside, "aria-keyshortcuts": "x" }, "Nothing to learn"),
      h("button", { class: "button quiet", type: "button", onclick: undo, "aria-keyshortcuts": "Backspace" }, "Undo")),
  ));
  if (focus) place.querySelector(".card").focus({ preventScroll: true });
}

function bubble(line) {
  return h("p", { class: `line ${line.author}` }, h("span", { class: "who-said" }, AUTHORS[line.author] ?? line.author), line.text);
}

function similar(item) {
  return h("div", { class: "similar" },
    h("label", { class: "check" },
      h("input", { type: "checkbox", checked: withSimilar, onchange: (event) => { withSimilar = event.target.checked; } }),
      `and ${item.similar.length} near-identical ${item.similar.length === 1 ? "message" : "messages"}`),
    h("details", {}, h("summary", {}, "Show"), h("ul", {}, ...item.similar.slice(0, 50).map((other) => h("li", {}, other.text)))));
}

function percent(value) {
  return value >= 0.01 ? `${Math.round(value * 100)} %` : "< 1 %";
}

function decide(decision, told) {
  const [item] = items;
  if (!item || !mayTeach) return;
  const messages = [item.message, ...(withSimilar ? item.similar.map((other) => other.message) : [])];
  items.shift();
  gone.add(item.message);
  left -= 1;
  problem.hidden = true;
  draw();
  said.textContent = `${told}. ${left} left.`;
  send({ ...decision, messages }).catch((error) => {
    gone.delete(item.message);
    items.unshift(item);
    left += 1;
    complain(error);
    draw();
  });
  refill().catch(complain);
}

function teach(name) {
  decide({ decision: "intent", intent: name }, `Taught as ${name.replaceAll("_", " ")}`);
}

function setAside() {
  decide({ decision: "not_useful" }, "Set aside");
}

async function undo() {
  problem.hidden = true;
  try {
    const back = await send({ decision: "undo" });
    for (const message of back.messages) gone.delete(message);
    await load();
    const returned = items.find((item) => back.messages.includes(item.message)) ?? null;
    if (returned) items = [returned, ...items.filter((item) => item !== returned)];
    said.textContent = "Taken back.";
    draw();
  } catch (error) {
    complain(error);
  }
}

function complain(error) {
  problem.textContent = error.message;
  problem.hidden = false;
}

function openNew() {
  if (!items[0] || !mayTeach) return;
  [asked] = items;
  form.reset();
  form.querySelector(".note").hidden = true;
  dialog.showModal();
  form.elements.name.focus();
}

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  if (making) return;
  const item = asked;
  const answer = form.elements.how.value === "text" ? form.elements.answer.value.trim() : null;
  const note = form.querySelector(".note");
  if (answer === "") {
    note.textContent = "Write what the bot answers, or choose the articles.";
    note.hidden = false;
    return;
  }
  const messages = [item.message, ...(withSimilar ? item.similar.map((other) => other.message) : [])];
  const name = form.elements.name.value;
  making = true;
  try {
    await send({ decision: "new_intent", messages, new: { name, answer } });
    intents = (await call("GET", "/api/v1/nlu/intents")).items;
  } catch (error) {
    note.textContent = error.message;
    note.hidden = false;
    return;
  } finally {
    making = false;
  }
  dialog.close();
  gone.add(item.message);
  items = items.filter((other) => other.message !== item.message);
  left -= 1;
  said.textContent = `Made ${name}. ${left} left.`;
  draw();
  refill().catch(complain);
});
form.querySelector("button[value=cancel]").addEventListener("click", () => dialog.close());

const KEYS = {
  "/": () => search?.focus(),
  n: openNew,
  x: setAside,
  s: () => {
    const box = place.querySelector(".similar input");
    if (box) box.click();
  },
  Backspace: undo,
};

document.addEventListener("keydown", (event) => {
  const writing = event.target.closest("input:not([type=checkbox]), textarea, select, dialog");
  if (writing || event.ctrlKey || event.metaKey || event.altKey || event.repeat || !mayTeach) return;
  const guess = /^[1-5]$/.test(event.key) ? items[0]?.guesses[Number(event.key) - 1] : undefined;
  const act = guess ? () => teach(guess.intent) : KEYS[event.key];
  if (!act) return;
  event.preventDefault();
  act();
});

why.addEventListener("change", () => {
  place.setAttribute("aria-busy", "true");
  load().then(() => draw({ focus: false }), complain);
});

try {
  [intents] = await Promise.all([call("GET", "/api/v1/nlu/intents").then((found) => found.items), load()]);
  draw({ focus: false });
} catch (error) {
  place.replaceChildren();
  complain(error);
}
