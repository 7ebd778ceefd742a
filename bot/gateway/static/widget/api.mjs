// `window.Rapport` once the chat is here: what the site's own code may ask, checked, and what it is told.
// Loaded only on pages that call it; docs/embed.md describes each method and event.

/** @typedef {{code: string, message: string}} Mistake */

/** @param {unknown} value */
const isText = (value) => typeof value === 'string' && value.trim() !== '';
const isAnything = () => true;
/** @param {unknown} value */
const isNothing = (value) => value == null;

/** @type {Record<string, [(value: any) => boolean, string]>} what the first value of a call must be, and how to say it */
const TAKES = {
  on: [isText, 'the name of an event and a function'],
  off: [isText, 'the name of an event and the function given to `on`'],
  open: [isAnything, ''],
  close: [isAnything, ''],
  toggle: [isAnything, ''],
  send: [isText, 'the text to send'],
  prefill: [(value) => typeof value === 'string', 'the text to put into the field'],
  identify: [(value) => value === null || isText(value) || typeof value === 'function', 'a signed token, a function that gives one, or null'],
  setPage: [(value) => isNothing(value) || isText(value) || (typeof value === 'object' && !Array.isArray(value)), 'an address, an object that describes the page, or null'],
  setLocale: [(value) => isNothing(value) || isText(value), 'a language tag such as "de", or null for the page\'s'],
  mute: [(value) => typeof value === 'boolean', 'true or false'],
  setTheme: [(value) => ['light', 'dark', 'auto'].includes(value), '"light", "dark" or "auto"'],
};

/**
 * Carries out the site's calls, oldest first, and empties the list. A call that is wrong, or that fails, changes
 * nothing and stops none of the others.
 * @param {[name: string, ...values: any[]][]} calls
 * @param {Record<string, (...values: any[]) => unknown>} chat what each call does
 * @param {(event: string, detail: Mistake) => void} emit
 */
export function carryOut(calls, chat, emit) {
  for (let call = calls.shift(); call; call = calls.shift()) {
    const [name, ...values] = call;
    const [fits, takes] = TAKES[name];
    const listens = name !== 'on' || typeof values[1] === 'function';
    if (fits(values[0]) && listens) {
      try {
        chat[name](...values);
      } catch (error) {
        setTimeout(() => { throw error; });
      }
      continue;
    }
    const message = `Rapport.${name} takes ${takes}.`;
    console.warn(message);
    emit('error', { code: 'bad_call', message });
  }
}
