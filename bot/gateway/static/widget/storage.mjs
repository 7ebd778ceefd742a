// Storage that may be forbidden, and identifiers on pages without a secure context.

const PREFIX = 'rapport:';
/** @type {Map<string, string>} what is kept when the browser lets us keep nothing */
const memory = new Map();

/** @param {'localStorage' | 'sessionStorage'} area */
const open = (area) => {
  try {
    return window[area];
  } catch {
    return null;
  }
};

/** @param {'localStorage' | 'sessionStorage'} area */
const makeStore = (area) => ({
  /** @param {string} key @returns {any} null when absent or unreadable */
  get(key) {
    try {
      return JSON.parse(memory.get(area + key) ?? open(area)?.getItem(PREFIX + key) ?? 'null');
    } catch {
      return null;
    }
  },
  /** @param {string} key @param {unknown} value null and undefined remove the key */
  set(key, value) {
    const text = value == null ? null : JSON.stringify(value);
    memory.delete(area + key);
    try {
      const store = window[area];
      if (text === null) store.removeItem(PREFIX + key);
      else store.setItem(PREFIX + key, text);
    } catch {
      if (text !== null) memory.set(area + key, text);
    }
  },
  /** @param {string} start @returns {string[]} the keys that begin so */
  keys(start) {
    const found = [...memory.keys()].filter((key) => key.startsWith(area + start)).map((key) => key.slice(area.length));
    try {
      found.push(...Object.keys(window[area]).filter((key) => key.startsWith(PREFIX + start))
        .map((key) => key.slice(PREFIX.length)));
    } catch { /* nothing was stored, so there is nothing to list */ }
    return found;
  },
});

export const device = makeStore('localStorage');
export const tab = makeStore('sessionStorage');

/** A version 4 UUID; `crypto.randomUUID` is missing on pages served over plain http. */
export function uuid() {
  if (crypto.randomUUID) return crypto.randomUUID();
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 15) | 64;
  bytes[8] = (bytes[8] & 63) | 128;
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('');
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
}
