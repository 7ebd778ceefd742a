// Who the visitor is, by the word of the site's own server; and when it is not the one from before.
import { device } from './storage.mjs';

/** @param {import('./types').Options} options @returns {Promise<import('./types').Identity>} */
export async function askIdentity(options) {
  if (options.identity || !options.identityUrl) return options.identity ? unlessExpired(options.identity) : options.identity;
  try {
    const response = await fetch(options.identityUrl, { credentials: 'same-origin', headers: { accept: 'application/json' } });
    if (response.status === 204 || response.status === 401) return null;
    return response.ok ? ((await response.json()).token ?? null) : undefined;
  } catch {
    return undefined; // not known now: the token we hold still says which conversation is ours
  }
}

/** @param {string} jwt @returns {{sub?: string, exp?: number}} what it claims; the server verifies, we only take note */
function claimsOf(jwt) {
  try {
    return JSON.parse(atob(jwt.split('.')[1].replace(/-/g, '+').replace(/_/g, '/')));
  } catch {
    return {};
  }
}

/** @param {string} jwt */
const subjectOf = (jwt) => claimsOf(jwt).sub ?? null;

/** @param {string} jwt @returns {import('./types').Identity} not known any more once it has expired */
const unlessExpired = (jwt) => (Number(claimsOf(jwt).exp ?? Infinity) * 1000 > Date.now() ? jwt : undefined);

/**
 * An anonymous thread becomes the person's own; a person's thread never becomes another's.
 * @param {import('./types').Identity} identity @returns {boolean}
 */
export function isSomebodyElse(identity) {
  const before = device.get('subject');
  return identity !== undefined && Boolean(before) && before !== (identity && subjectOf(identity));
}

/** @param {import('./types').Identity} identity */
export function rememberPerson(identity) {
  if (identity !== undefined) device.set('subject', identity && subjectOf(identity));
}
