// Calls to our own JSON routes: always JSON, always with the session's token, every failure a sentence.

export class Refused extends Error {
  /** @param {number} status @param {any} problem the problem JSON, or null when there was no answer */
  constructor(status, problem) {
    super(problem?.detail ?? 'The server cannot be reached just now. Nothing was changed; try again in a moment.');
    this.status = status;
    this.code = problem?.title ?? 'unreachable';
    this.problem = problem ?? {};
  }
}

const token = () => document.querySelector('meta[name="csrf-token"]')?.getAttribute('content') ?? '';

/**
 * The answer's JSON, or null for an empty one. Throws Refused; a lost session leads to the sign-in page and back.
 * @param {string} method @param {string} path @param {any} [body]
 */
export async function call(method, path, body) {
  let answer;
  try {
    answer = await fetch(path, {
      method,
      headers: { Accept: 'application/json', 'Content-Type': 'application/json', 'X-CSRF-Token': token() },
      body: method === 'GET' ? undefined : JSON.stringify(body ?? {}),
      signal: AbortSignal.timeout(20000),
    });
  } catch {
    throw new Refused(0, null);
  }
  if (answer.status === 401) {
    location.assign(`/signin?next=${encodeURIComponent(location.pathname + location.search)}`);
  }
  const text = await answer.text();
  let data = null;
  try { data = text ? JSON.parse(text) : null; } catch { data = null; }
  if (!answer.ok) throw new Refused(answer.status, data);
  return data;
}
