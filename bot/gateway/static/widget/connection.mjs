// The link to the server: opened, watched and opened again, by a socket or, where sockets are blocked, by polling.
import { tab } from './storage.mjs';
import { openPolling, openSocket } from './transport.mjs';

const SILENCE_MS = 30_000;
const WATCHDOG_MS = 45_000;
const WELCOME_MS = 10_000;
const ACK_MS = 15_000;
/** After this many failed openings in a row sockets are taken as blocked, and tried again now and then. */
const SOCKET_TRIES = 3;
/** The least pause before a socket is tried beside the polling; twice as long each time, with as much again by chance. */
const CLIMB_MS = 60_000;
const CLIMBS = 5;

/**
 * What is said over the link is its heir's: before each link `identified(identity)` comes with who the visitor is,
 * `hello()` gives the first frame, `receive(frame)` hears what comes, `dropped(code)` that the link is gone; `thread`
 * has the `seq` we are at, and `pending` what an answer is owed to.
 */
export class Connection {
  /** A tab whose network blocks sockets need not find out again after each page. */
  #failures = tab.get('polls') ? SOCKET_TRIES : 0;
  #polls = false;
  /** How often a socket was tried in vain beside the polling. */
  #climbs = 0;
  /** Counts connections, so that what an old one still says is not heard. */
  #turn = 0;
  #heardAt = 0;
  #notified = false;

  /** @type {import('./transport.mjs').Transport | null} */ link = null;
  welcomed = false;
  stopped = true;
  /** @type {import('./types').Connection} */ connection = 'connecting';
  /** @type {Record<string, number>} */ timers = {};

  /** @param {any} setup */
  constructor(setup) {
    this.setup = setup;
    this.wake = this.wake.bind(this);
  }

  start() {
    if (!this.stopped) return;
    this.stopped = false;
    for (const name of ['online', 'pageshow']) addEventListener(name, this.wake);
    document.addEventListener('visibilitychange', this.wake);
    this.timers.watch = setInterval(() => this.#watch(), 5_000);
    this.#connect();
  }

  stop() {
    this.stopped = true;
    for (const name of ['online', 'pageshow']) removeEventListener(name, this.wake);
    document.removeEventListener('visibilitychange', this.wake);
    for (const timer of Object.values(this.timers)) clearTimeout(timer); // the interval too
    this.#drop();
  }

  /** The network or the page came back: look at once. */
  wake() {
    if (document.hidden || this.stopped) return;
    if (!this.link) this.#connect();
    else if (this.welcomed && Date.now() - this.#heardAt > 2_000) {
      this.link.send({ type: 'ping' });
      const asked = Date.now();
      this.later('ping', 5_000, () => this.#heardAt < asked && this.restart());
    }
  }

  /** Begin anew with another word on who the visitor is. */
  reconnect() {
    if (this.stopped) return;
    this.#drop();
    this.#connect();
  }

  /** The link is of no use any more, the server may be: connect again. */
  restart() {
    const wasWelcome = this.welcomed;
    this.#drop();
    if (wasWelcome) this.#connect();
    else this.#lost(1006);
  }

  /** The server has taken our hello. */
  welcome() {
    clearTimeout(this.timers.welcome);
    this.welcomed = true;
    this.#failures = 0;
    tab.set('polls', this.#polls || null);
    if (this.#polls) this.#climb();
    else this.#climbs = 0;
    this.connection = 'online';
  }

  /** One timer per name; setting it again replaces it. @param {string} name @param {number} ms @param {() => unknown} work */
  later(name, ms, work) {
    clearTimeout(this.timers[name]);
    this.timers[name] = setTimeout(() => {
      delete this.timers[name];
      work();
    }, ms);
  }

  /** Many frames in a row are one change on the screen. */
  changed() {
    if (this.#notified) return;
    this.#notified = true;
    setTimeout(() => {
      this.#notified = false;
      if (!this.stopped) this.setup.onchange();
    }, 16);
  }

  async #connect() {
    if (this.link || this.stopped) return;
    clearTimeout(this.timers.retry);
    const turn = ++this.#turn;
    const identity = await this.setup.identity();
    if (turn !== this.#turn || this.stopped) return;
    this.identified(identity);
    const { base } = this.setup;
    const listener = {
      onopen: () => turn === this.#turn && this.link?.send(this.hello()),
      onframe: (/** @type {any} */ frame) => {
        if (turn !== this.#turn) return;
        this.#heardAt = Date.now();
        this.receive(frame);
      },
      onclose: (/** @type {number} */ code) => turn === this.#turn && this.#lost(code),
    };
    this.later('welcome', WELCOME_MS, () => this.restart());
    this.#polls = this.#failures >= SOCKET_TRIES && this.#failures % 10 !== 0;
    try {
      this.link = this.#polls ? openPolling(base, listener, this) : openSocket(base, listener);
    } catch {
      this.#lost(1006); // the page's policy forbids sockets
    }
  }

  /** A crowd or a moment may have kept sockets away: one is tried beside the polling, and where it opens all goes there. */
  #climb() {
    const turn = this.#turn;
    this.later('climb', CLIMB_MS * 2 ** Math.min(this.#climbs, CLIMBS) * (1 + Math.random()), () => {
      if (turn !== this.#turn) return;
      this.#climbs += 1;
      let open = false;
      try {
        const probe = openSocket(this.setup.base, {
          onopen() {
            open = true;
            probe.close();
          },
          onframe() {},
          onclose: () => turn === this.#turn && (open ? this.restart() : this.#climb()),
        });
      } catch { /* the page's policy forbids sockets, and will */ }
    });
  }

  /** @param {number} code */
  #lost(code) {
    const wasWelcome = this.welcomed;
    this.#drop(code);
    if (this.stopped) return;
    this.#failures = wasWelcome ? 0 : this.#failures + 1;
    this.connection = code === 4003 ? 'refused' : 'offline';
    const calm = code === 4003 || code === 4029 ? 10_000 : 500;
    // Thousands lose the server at one moment and must not come back at one: anything from now to the longest wait.
    const delay = Math.min(30_000, calm * 2 ** Math.min(this.#failures, 6)) * (calm > 500 ? 0.7 + Math.random() * 0.6 : Math.random());
    this.later('retry', delay, () => this.#connect());
    this.changed();
  }

  /** Closes the link, if there is one, without a word to the server. @param {number} [code] why, when it was closed there */
  #drop(code) {
    this.#turn += 1;
    const { link } = this;
    this.link = null;
    this.welcomed = false;
    clearTimeout(this.timers.welcome);
    this.dropped(code);
    link?.close();
  }

  #watch() {
    if (!this.welcomed || document.hidden) return;
    const silent = Date.now() - this.#heardAt;
    if (silent > (this.pending.some((e) => e.inFlight) ? ACK_MS : WATCHDOG_MS)) this.restart();
    else if (silent > SILENCE_MS) this.link?.send({ type: 'ping' });
  }
}
