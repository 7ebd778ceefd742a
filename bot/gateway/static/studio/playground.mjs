// The widget's playground: a form, the real widget in a frame, what its colours came to, and the tag to copy.
import { contrast, rgb } from './contrast.mjs';

/** WCAG 2.2, contrast (minimum) for text. */
const AA = 4.5;
const ATTRIBUTES = ['company', 'color', 'position', 'theme', 'locale', 'starters', 'privacyUrl'];
const LENGTHS = new Set(['radius', 'offset']);
const PROPERTIES = ['font', ...LENGTHS];

const $ = (/** @type {string} */ query) => /** @type {any} */ (document.querySelector(query));
/** @type {HTMLFormElement} */ const form = $('#settings');
/** @type {HTMLIFrameElement} */ const frame = $('iframe');
const pick = $('#pick');
const output = $('#tag');

const kebab = (/** @type {string} */ name) => name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
const escaped = (/** @type {string} */ text) => text.replace(/&/g, '&amp;').replace(/"/g, '&quot;').replace(/</g, '&lt;');
/** Nothing that could end the style sheet it is put into. */
const plain = (/** @type {string} */ text) => text.replace(/[<>{};]/g, '');

/** @returns {Record<string, string>} what differs from the defaults, by the names of the fields */
function chosen() {
  /** @type {Record<string, string>} */ const found = {};
  for (const field of /** @type {any} */ (form.elements)) {
    if (!field.name || (field.type === 'radio' && !field.checked)) continue;
    const value = field.name === 'starters' ? field.value.split('\n').map((/** @type {string} */ line) => line.trim()).filter(Boolean).join('|') : field.value.trim();
    const usual = field.type === 'range' ? field.defaultValue : field.name === 'scene' ? 'greeting' : '';
    if (value === usual || (field.name === 'color' && value && !CSS.supports('color', value))) continue;
    found[field.name] = LENGTHS.has(field.name) ? `${value}px` : value;
  }
  return found;
}

/** @param {Record<string, string>} values @returns {string} the tag, and the style it needs, with nothing that is the default */
function tagOf(values) {
  const attributes = ATTRIBUTES.filter((name) => values[name]).map((name) => ` data-${kebab(name)}="${escaped(values[name])}"`);
  const tag = `<script src="${form.dataset.source}" async data-rapport${attributes.join('')}></script>`;
  const style = PROPERTIES.filter((name) => values[name]).map((name) => `  --rapport-${name}: ${plain(values[name])};\n`);
  return style.length ? `<style>\n:root {\n${style.join('')}}\n</style>\n${tag}` : tag;
}

function describe() {
  for (const field of form.querySelectorAll('input[type="range"]')) {
    const range = /** @type {HTMLInputElement} */ (field);
    /** @type {any} */ (range.closest('label')).querySelector('.value').textContent = `${range.value} px`;
  }
  const colour = /** @type {any} */ (form.elements.namedItem('color'));
  const wrong = colour.value.trim() !== '' && !CSS.supports('color', colour.value.trim());
  colour.setCustomValidity(wrong ? 'This is no CSS colour; write for instance #7a3e9d.' : '');
  colour.setAttribute('aria-invalid', String(wrong));
  if (!wrong) pick.value = `#${rgb(colour.value.trim() || '#14665a').map((part) => part.toString(16).padStart(2, '0')).join('')}`;
  const values = chosen();
  output.textContent = tagOf(values);
  return values;
}

/** @type {Element | null} where the focus was before the chat on the page asked for it */ let held = null;
function show() {
  const query = new URLSearchParams(describe()).toString();
  history.replaceState(null, '', query ? `?${query}` : location.pathname);
  held = document.activeElement;
  // Not by `src`: that would make each change a step of the back button.
  frame.contentWindow?.location.replace(`/studio/widget/preview?${query}`);
}

let timer = 0;
function soon() {
  describe();
  clearTimeout(timer);
  timer = setTimeout(show, 250);
}

/** @param {Record<'light' | 'dark', Record<'accent' | 'on' | 'link' | 'surface', string>>} colours */
function tell(colours) {
  /** @type {['light', 'dark']} */ const schemes = ['light', 'dark'];
  const rows = /** @type {[string, ('accent' | 'on' | 'link' | 'surface')[]][]} */ ([
    ['Text on the accent', ['on', 'accent']], ['The accent as text', ['link', 'surface']], ['The accent as given, as text', ['accent', 'surface']],
  ]).map(([title, [ink, ground]]) => ({ title, ratios: schemes.map((scheme) => contrast(colours[scheme][ink], colours[scheme][ground])) }));
  const body = $('#measured tbody');
  body.replaceChildren(...rows.map(({ title, ratios }, row) => {
    const line = document.createElement('tr');
    line.append(Object.assign(document.createElement('th'), { scope: 'row', textContent: title }));
    ratios.forEach((ratio, column) => {
      const cell = document.createElement('td');
      const sample = Object.assign(document.createElement('span'), { className: 'sample', ariaHidden: 'true' });
      const [ink, ground] = /** @type {[any, any]} */ ([['on', 'accent'], ['link', 'surface'], ['accent', 'surface']][row]);
      sample.style.backgroundColor = colours[schemes[column]][/** @type {'on'} */ (ink)];
      sample.style.borderColor = colours[schemes[column]][/** @type {'on'} */ (ground)];
      // Rounded down: 4.49 is not enough.
      cell.append(sample, ` ${(Math.floor(ratio * 10) / 10).toFixed(1)} : 1`);
      line.append(cell);
    });
    return line;
  }));
  const corrected = schemes.filter((_, at) => rows[2].ratios[at] < AA);
  const verdict = $('#verdict');
  const bad = rows.slice(0, 2).some(({ ratios }) => ratios.some((ratio) => ratio < AA));
  verdict.className = `note ${bad ? 'bad' : corrected.length ? 'warn' : 'good'}`;
  verdict.textContent = bad ? 'This accent cannot be made readable everywhere; choose another.'
    : corrected.length ? `As text this accent would be too faint in the ${corrected.join(' and the ')} theme: there a ${corrected.length > 1 ? 'fitting' : corrected[0] === 'light' ? 'darker' : 'lighter'} tone of it is used. Buttons keep the accent as it is.`
      : 'This accent can be read everywhere as it is.';
}

// The address's settings into the form, then the form onto the page.
for (const [name, value] of new URLSearchParams(location.search)) {
  const field = /** @type {any} */ (form.elements.namedItem(name));
  if (field) field.value = name === 'starters' ? value.split('|').join('\n') : LENGTHS.has(name) ? parseInt(value, 10) : value;
}
form.addEventListener('input', (event) => {
  const colour = /** @type {any} */ (form.elements.namedItem('color'));
  if (event.target === pick) colour.value = pick.value;
  soon();
});
form.addEventListener('submit', (event) => event.preventDefault());
form.addEventListener('reset', () => setTimeout(show));
addEventListener('message', (event) => {
  if (event.origin !== location.origin || event.source !== frame.contentWindow || !event.data?.measured) return;
  tell(event.data.measured);
  // On a phone the chat is a modal of its page and takes the focus: it goes back to whoever was changing something.
  if (held instanceof HTMLElement && document.activeElement === frame) held.focus();
});
$('#copy').addEventListener('click', async () => {
  const done = $('#copied');
  try {
    await navigator.clipboard.writeText(output.textContent);
    done.textContent = 'Copied.';
  } catch {
    getSelection()?.selectAllChildren(output);
    done.textContent = 'Selected: copy it with your keyboard.';
  }
  setTimeout(() => { done.textContent = ''; }, 4000);
});
show();
