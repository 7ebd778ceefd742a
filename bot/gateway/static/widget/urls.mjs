// Where a browser may be sent.

/** Plain http leads nowhere but to our own server and the page's own: what else is offered that way is not to be trusted. */
const OWN = [new URL(import.meta.url).hostname, location.hostname];

/**
 * @param {unknown} address @param {string} [base] what a relative address is relative to; without it there are none
 * @returns {string | null} the address when a browser may be sent there
 */
export function safeUrl(address, base) {
  try {
    const url = new URL(String(address), base);
    return url.protocol === 'https:' || (url.protocol === 'http:' && OWN.includes(url.hostname)) ? url.href : null;
  } catch {
    return null;
  }
}
