// Which page the customer is on: the address, and what the site says of it.

/** What the server keeps is cut there; more than this does not fit into a frame whatever the alphabet. */
const MOST = 5_000;

/**
 * @param {unknown} given the site's word: an address, an object, or an object as JSON (the data-page attribute)
 * @returns {string | object} what goes to the server
 */
export function pageOf(given) {
  // Without the query: it may carry what is nobody's business.
  const url = location.origin + location.pathname;
  if (!given) return url;
  try {
    const page = typeof given === 'string' && given.trim().startsWith('{') ? JSON.parse(given) : given;
    if (typeof page === 'string') return page.slice(0, MOST);
    const whole = { url, title: document.title, ...page };
    if (JSON.stringify(whole).length <= MOST) return whole;
  } catch { /* said below */ }
  console.warn(`Rapport: the page is left out; it must be JSON of at most ${MOST} characters.`);
  return url;
}
