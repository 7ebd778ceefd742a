// What the customer did and the server has not yet confirmed. Each entry has its own storage key, so that two tabs
// never overwrite each other, and a reload or a crash loses nothing. Sending twice is safe: the server knows the cid.
import { device } from './storage.mjs';
/** @typedef {import('./types').Entry} Entry */

const KEY = 'out:';
const WINDOW_MS = 10_000;
/** A little under the server's 30 sends in 10 s. */
const PER_WINDOW = 25;

export class Outbox {
  constructor() {
    /** @type {Map<string, Entry>} by cid, in the order of sending */
    this.entries = new Map();
    /** @type {number[]} when the latest frames went out */
    this.sentAt = [];
    const kept = device.keys(KEY).map((key) => device.get(key)).filter((entry) => entry?.frame?.cid);
    for (const entry of kept.sort((a, b) => a.n - b.n)) this.entries.set(entry.frame.cid, entry);
  }

  /** @param {import('./types').ClientFrame} frame @param {Partial<Entry>} [more] */
  add(frame, more) {
    /** @type {Entry} */
    const entry = { frame, n: Date.now(), at: new Date().toISOString(), status: 'sending', ...more };
    const last = [...this.entries.values()].pop();
    if (last && last.n >= entry.n) entry.n = last.n + 1;
    this.entries.set(/** @type {string} */ (frame.cid), entry);
    this.#save(entry);
  }

  /** @param {string} cid @param {number} seq @returns {Entry | undefined} what was confirmed */
  acked(cid, seq) {
    const entry = this.entries.get(cid);
    if (!entry) return undefined;
    device.set(KEY + cid, null);
    if (entry.frame.type === 'send') this.entries.set(cid, { ...entry, status: 'sent', seq, inFlight: false });
    else this.entries.delete(cid);
    return entry;
  }

  /** Forgets an entry: its message is in the thread, or the customer gave it up. @param {string} cid */
  settle(cid) {
    if (this.entries.delete(cid)) device.set(KEY + cid, null);
  }

  /** @param {string} cid @param {string} error a sentence for the customer @returns {boolean} whether it was ours */
  failed(cid, error) {
    const entry = this.entries.get(cid);
    if (!entry) return false;
    const next = { ...entry, status: /** @type {const} */ ('failed'), error, inFlight: false };
    this.entries.set(cid, next);
    this.#save(next);
    return true;
  }

  /** @param {string} cid */
  retry(cid) {
    const entry = this.entries.get(cid);
    if (!entry) return;
    const next = { ...entry, status: /** @type {const} */ ('sending'), error: undefined };
    this.entries.set(cid, next);
    this.#save(next);
  }

  /** The connection is gone: nothing is on its way any more. */
  rewind() {
    for (const entry of this.entries.values()) entry.inFlight = false;
  }

  clear() {
    for (const cid of [...this.entries.keys()]) this.settle(cid);
  }

  /**
   * Sends the oldest that waits, at a pace the server accepts. One at a time: what is refused for now or lost is not
   * overtaken by what was said after it.
   * @param {(frame: import('./types').ClientFrame) => void} send
   * @returns {number} milliseconds until it should be called again; 0 when an answer or a new entry will cause it
   */
  flush(send) {
    const all = [...this.entries.values()];
    const next = all.find((entry) => entry.status === 'sending');
    if (!next || all.some((entry) => entry.inFlight)) return 0;
    const now = Date.now();
    this.sentAt = this.sentAt.filter((at) => now - at < WINDOW_MS);
    if (this.sentAt.length >= PER_WINDOW) return WINDOW_MS - (now - this.sentAt[0]) + 10;
    next.inFlight = true;
    this.sentAt.push(now);
    send(next.frame);
    return 0;
  }

  /** @param {Entry} entry */
  #save({ inFlight, ...entry }) {
    device.set(KEY + entry.frame.cid, entry);
  }
}
