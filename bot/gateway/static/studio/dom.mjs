/** Builds elements from data; text is always text, never markup. */

/**
 * @param {string} tag
 * @param {Record<string, unknown>} [attributes] `on…` are listeners, `false`/`null` are left out
 * @param {...(Node|string|null|undefined|false)} children
 */
export function h(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === false || value === null || value === undefined) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), /** @type {EventListener} */ (value));
    else element.setAttribute(name, value === true ? "" : String(value));
  }
  element.append(...children.filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

/** JSON from our own API; a refusal is an Error whose message is the sentence the server gave. */
export async function call(method, path, body) {
  const response = await fetch(path, {
    method,
    headers: body === undefined ? {} : { "Content-Type": "application/json" },
    body: body === undefined ? undefined : JSON.stringify(body),
  });
  if (response.status === 401) location.assign(`/signin?next=${encodeURIComponent(location.pathname)}`);
  const found = response.status === 204 ? null : await response.json();
  if (!response.ok) throw new Error(found?.detail ?? "Something went wrong. Please try again.");
  return found;
}
