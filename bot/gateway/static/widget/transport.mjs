// Two ways to the server with one face: a WebSocket, and plain HTTP where sockets are blocked.
import { device } from './storage.mjs';
/** @typedef {{send(frame: any): void, close(): void}} Transport */
/** @typedef {{onopen(): void, onframe(frame: any): void, onclose(code: number): void}} Listener */

/** @param {string} base @param {Listener} listener @returns {Transport} */
export function openSocket(base, { onopen, onframe, onclose }) {
  const url = new URL('ws/visitor', base);
  url.protocol = url.protocol.replace('http', 'ws');
  const socket = new WebSocket(url, 'rapport.v1');
  let live = true;
  /** @param {number} code */
  const end = (code) => {
    if (!live) return;
    live = false;
    onclose(code);
  };
  socket.onopen = () => live && onopen();
  socket.onclose = (event) => end(event.code);
  socket.onmessage = (event) => {
    if (!live) return;
    let frame;
    try {
      frame = JSON.parse(event.data);
    } catch {
      return; // not ours: a proxy's words, perhaps
    }
    onframe(frame);
  };
  return {
    send: (frame) => socket.readyState === 1 && socket.send(JSON.stringify(frame)),
    close() {
      // A half-open socket can take a minute to say `close`; nobody waits for it.
      end(1000);
      socket.close();
    },
  };
}

/** How long the server may hold a question for news, and the pause when it does not hold it. */
const WAIT_S = 20;
const PAUSE_MS = 2_000;

/**
 * @param {string} base @param {Listener} listener
 * @param {{thread: {seq: number}}} talk where it is now
 * @returns {Transport}
 */
export function openPolling(base, { onopen, onframe, onclose }, talk) {
  const stop = new AbortController();
  /** @type {Promise<unknown>} one request at a time keeps the order */
  let queue = Promise.resolve();

  /** @param {number} code */
  const end = (code) => {
    if (stop.signal.aborted) return;
    stop.abort();
    onclose(code);
  };
  /** @param {any} frame */
  const hear = (frame) => stop.signal.aborted || onframe(frame);
  /** @param {string} path @param {any} [body] @returns {Promise<any>} the answer, or null when there is none to use */
  const call = async (path, body) => {
    const token = device.get('token');
    const response = await fetch(new URL(`api/v1/visitor/${path}`, base), {
      method: body ? 'POST' : 'GET',
      headers: {
        ...(body ? { 'content-type': 'application/json' } : {}),
        ...(token ? { authorization: `Bearer ${token}` } : {}),
      },
      body: body && JSON.stringify(body),
      signal: stop.signal,
    });
    if (response.ok) return response.json();
    if (response.status === 401) {
      const problem = await response.json().catch(() => ({}));
      hear({ type: 'error', code: problem.title, message: problem.detail, of: problem.of });
      end(4001);
    }
    else if (response.status === 403) end(4003);
    else if (!body?.cid || response.status >= 500) throw new Error(String(response.status));
    else {
      const problem = await response.json();
      hear({ type: 'error', code: problem.title, message: problem.detail, cid: body.cid });
    }
    return null;
  };
  const poll = async () => {
    while (!stop.signal.aborted) {
      const began = Date.now();
      const answer = await call(`events?after=${talk.thread.seq}&wait=${WAIT_S}`);
      answer?.items.forEach(hear);
      if (answer) hear({ type: 'pong' }); // without news too the server is there
      if (!answer?.items.length && Date.now() - began < PAUSE_MS) await new Promise((go) => { setTimeout(go, PAUSE_MS); });
    }
  };
  /** @param {any} frame */
  const post = async (frame) => {
    if (stop.signal.aborted) return;
    if (frame.type !== 'hello') {
      const ack = await call('messages', frame);
      if (ack) hear(ack);
      return;
    }
    const { items, ...welcome } = (await call('hello', frame)) ?? {};
    if (!items) return;
    [welcome, ...items].forEach(hear);
    poll().catch(() => end(1006));
  };
  const transport = {
    // Typing and read marks are not worth a request each, and a poll is its own ping.
    send: (/** @type {any} */ frame) => {
      if (frame.cid || frame.type === 'hello' || frame.type === 'page') queue = queue.then(() => post(frame)).catch(() => end(1006));
    },
    close: () => end(1000),
  };
  setTimeout(onopen);
  return transport;
}
