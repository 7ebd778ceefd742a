// Who the visitor is, by the word of the site's own server; and when it is not the one from before.
import { device } from './storage.mjs';
/** @typedef {import('./types').Identity} Identity */

const ANSWER_MS = 8_000;

/** @param {string} url the site's own route @returns {Promise<Identity>} */
async function fetchIdentity(url) {
  const response = await fetch(url, { credentials: 'same-origin', headers: { accept: 'application/json' } });
  if (response.status === 204 || response.status === 401) return null;
  if (!response.ok) throw new Error(`${url} answered ${response.status}`);
  return (await response.json()).token ?? null;
}

/**
 * Asked at each connection, so that a token that has run out is replaced.
 * @param {import('./types').Options} options
 * @param {(code: string, message: string) => void} onerror
 * @returns {Promise<Identity>}
 */
export async function askIdentity({ identity, identityUrl }, onerror) {
  if (typeof identity !== 'function' && (identity !== undefined || !identityUrl)) return identity;
  try {
    const late = new Promise((_, fail) => { setTimeout(() => fail(new Error('no answer in time')), ANSWER_MS); });
    const given = await Promise.race([typeof identity === 'function' ? identity() : fetchIdentity(identityUrl ?? ''), late]);
    return given || null;
  } catch (error) {
    onerror('identity_unavailable', `The site did not say who the visitor is: ${error}`);
    return undefined; // not known now: the token we hold still says which conversation is ours
  }
}

/** @param {string} jwt @returns {string | null} whom it names; the server verifies, we only take note */
function subjectOf(jwt) {
  try {
    return JSON.parse(atob(jwt.split('.')[1].replace(/-/g, '+').replace(/_/g, '/'))).sub ?? null;
  } catch {
    return null;
  }
}

/**
 * An anonymous thread becomes the person's own; a person's thread never becomes another's.
 * @param {Identity} identity @returns {boolean}
 */
export function isSomebodyElse(identity) {
  const before = device.get('subject');
  return identity !== undefined && Boolean(before) && before !== (identity && subjectOf(identity));
}

/** @param {Identity} identity one that the server has accepted */
export function rememberPerson(identity) {
  if (identity !== undefined) device.set('subject', identity && subjectOf(identity));
}
