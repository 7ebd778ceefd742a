// The staff socket: reconnects by itself, says whether it is live, and hands every frame on.

const FIRST_WAIT_MS = 500;
const LAST_WAIT_MS = 30000;
const SILENCE_MS = 45000;

export class Live {
  /** @param {{onFrame: (frame: any) => void, onState: (live: boolean) => void}} handlers */
  constructor(handlers) {
    this.handlers = handlers;
    this.wait = FIRST_WAIT_MS;
    this.socket = null;
    this.timer = 0;
    this.heard = 0;
    const soon = () => { if (!document.hidden && !this.isOpen()) this.connect(); };
    addEventListener('online', soon);
    addEventListener('pageshow', soon);
    document.addEventListener('visibilitychange', soon);
    setInterval(() => this.watch(), 15000);
    this.connect();
  }

  isOpen() { return this.socket?.readyState === WebSocket.OPEN; }

  connect() {
    clearTimeout(this.timer);
    if (this.socket && this.socket.readyState <= WebSocket.OPEN) return;
    const socket = new WebSocket(`${location.protocol === 'https:' ? 'wss' : 'ws'}://${location.host}/ws/staff`);
    this.socket = socket;
    socket.onmessage = (event) => {
      this.heard = Date.now();
      const frame = JSON.parse(event.data);
      if (frame.type === 'welcome') {
        this.wait = FIRST_WAIT_MS;
        this.handlers.onState(true);
      }
      if (frame.type !== 'pong') this.handlers.onFrame(frame);
    };
    socket.onclose = (event) => {
      if (this.socket !== socket) return;
      this.socket = null;
      this.handlers.onState(false);
      if (event.code === 4001) {
        location.assign(`/signin?next=${encodeURIComponent(location.pathname + location.search)}`);
        return;
      }
      this.timer = setTimeout(() => this.connect(), this.wait * (0.7 + Math.random() * 0.6));
      this.wait = Math.min(LAST_WAIT_MS, this.wait * 2);
    };
  }

  /** A socket that says nothing for long is asked, and given up when it stays silent. */
  watch() {
    if (!this.isOpen()) return;
    if (Date.now() - this.heard > SILENCE_MS) this.socket?.close();
    else this.send({ type: 'ping' });
  }

  /** @param {any} frame */
  send(frame) { if (this.isOpen()) this.socket?.send(JSON.stringify(frame)); }
}
