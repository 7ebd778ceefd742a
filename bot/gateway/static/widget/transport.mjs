// Two ways to the server with one face: a WebSocket, and plain HTTP where sockets are blocked.
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

/**
 * @param {string} base @param {Listener} listener
 * @param {{token(): string | null, seq(): number}} cursor
 * @returns {Transport}
 */
export function openPolling(base, { onopen, onframe, onclose }, cursor) {
  let live = true;
  let timer = 0;
  /** @type {Promise<unknown>} one request at a time keeps the order */
  let queue = Promise.resolve();

  /** @param {number} code */
  const end = (code) => {
    if (!live) return;
    live = false;
    clearTimeout(timer);
    onclose(code);
  };
  /** @param {string} path @param {unknown} [body] */
  const call = async (path, body) => {
    const token = cursor.token();
    const response = await fetch(new URL(`api/v1/visitor/${path}`, base), {
      method: body ? 'POST' : 'GET',
      headers: {
        ...(body ? { 'content-type': 'application/json' } : {}),
        ...(token ? { authorization: `Bearer ${token}` } : {}),
      },
      body: body && JSON.stringify(body),
    });
    if (response.status === 401) return end(4001);
    if (response.status >= 500) throw new Error(String(response.status));
    return response.json();
  };
  const poll = async () => {
    clearTimeout(timer);
    if (!live || !cursor.token()) return;
    const answer = await call(`events?after=${cursor.seq()}`);
    for (const frame of answer?.items ?? []) if (live) onframe(frame);
    if (live) timer = setTimeout(() => run(poll), document.hidden ? 15_000 : 2_000);
  };
  /** @param {() => Promise<unknown>} work */
  const run = (work) => {
    queue = queue.then(() => live && work()).catch(() => end(1006));
  };
  run(async () => onopen());
  return {
    send(frame) {
      // Typing and read marks are not worth a request each; a ping is answered by the next poll.
      if (!frame.cid && frame.type !== 'hello') return;
      run(async () => {
        const answer = await call('messages', frame);
        if (!live || !answer) return;
        if (answer.type) onframe(answer);
        else onframe({ type: 'error', code: answer.code, message: answer.detail ?? answer.title, cid: frame.cid });
        await poll();
      });
    },
    close: () => end(1000),
  };
}
