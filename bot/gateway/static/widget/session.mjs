// The customer's connection: it keeps the thread in step with the server and never loses what the customer did.
import { Outbox } from './outbox.mjs';
import { isSomebodyElse, rememberPerson } from './person.mjs';
import { device, tab, uuid } from './storage.mjs';
import { applyFrame, emptyThread, isIncoming } from './thread.mjs';
import { openPolling, openSocket } from './transport.mjs';

const SILENCE_MS = 30_000;
const WATCHDOG_MS = 45_000;
const WELCOME_MS = 10_000;
const ACK_MS = 15_000;
const TYPING_MS = 6_000;
/** After this many failed openings in a row sockets are taken as blocked, and tried again now and then. */
const SOCKET_TRIES = 3;
/** The least pause before a socket is tried beside the polling; twice as long each time, with as much again by chance. */
const CLIMB_MS = 60_000;
const CLIMBS = 5;
const TRANSIENT = new Set(['too_fast', 'unavailable']);
const SEQUENCED = new Set(['message', 'state', 'update']);

export class Session {
  /** @type {import('./transport.mjs').Transport | null} */ #link = null;
  #outbox = new Outbox();
  #welcomed = false;
  #stopped = true;
  /** A tab whose network blocks sockets need not find out again after each page. */
  #failures = tab.get('polls') ? SOCKET_TRIES : 0;
  /** @type {import('./types').Identity} whom we said we were, last */ #said;
  /** @type {Set<import('./types').Identity>} */ #refused = new Set();
  #badIdentity = false;
  #page = '';
  #polls = false;
  /** How often a socket was tried in vain beside the polling. */
  #climbs = 0;
  /** Counts connections, so that what an old one still says is not heard. */
  #turn = 0;
  #heardAt = 0;
  /** @type {number | null} the thread's seq when a gap was seen there */ #gapAt = null;
  /** @type {number | null} newer rows are news, up to here it is history */ #historyEnd = null;
  #notified = false;
  /** @type {Record<string, number>} */ #timers = {};

  thread = emptyThread();
  /** Counts conversations: what was noted of one is not true of the next. */ talks = 0;
  /** @type {import('./types').Connection} */ connection = 'connecting';
  /** @type {string | null} who is typing */ typing = null;
  readSeq = device.get('read') ?? 0;

  /**
   * @param {object} setup
   * @param {string} setup.base the gateway's address, ending in a slash
   * @param {() => Promise<import('./types').Identity>} setup.identity
   * @param {() => {locale: string, page: string | object}} setup.context
   * @param {() => void} setup.onchange
   * @param {() => void} setup.onforget what was written and not sent is not for who comes next
   * @param {(message: import('./types').Message) => void} setup.onincoming for each new message of the other side
   * @param {(frame: import('./types').ClientFrame) => void} setup.onacked for each thing the customer did
   * @param {(code: string, message: string) => void} setup.onerror
   * @param {(code: string, message: string) => void} setup.onrefused for an identity that the server does not accept
   */
  constructor(setup) {
    this.setup = setup;
    this.wake = this.wake.bind(this);
    try {
      this.channel = new BroadcastChannel('rapport');
      this.channel.onmessage = ({ data }) => this.#sawRead(data?.read ?? 0);
    } catch { /* one tab's unread count then lives by itself */ }
  }

  start() {
    if (!this.#stopped) return;
    this.#stopped = false;
    for (const name of ['online', 'pageshow']) addEventListener(name, this.wake);
    document.addEventListener('visibilitychange', this.wake);
    this.#timers.watch = setInterval(() => this.#watch(), 5_000);
    this.#connect();
  }

  stop() {
    this.#stopped = true;
    for (const name of ['online', 'pageshow']) removeEventListener(name, this.wake);
    document.removeEventListener('visibilitychange', this.wake);
    clearInterval(this.#timers.watch);
    for (const timer of Object.values(this.#timers)) clearTimeout(timer);
    this.#drop();
    this.channel?.close();
  }

  /** The network or the page came back: look at once. */
  wake() {
    if (document.hidden || this.#stopped) return;
    if (!this.#link) this.#connect();
    else if (this.#welcomed && Date.now() - this.#heardAt > 2_000) {
      this.#link.send({ type: 'ping' });
      const asked = Date.now();
      this.#later('ping', 5_000, () => this.#heardAt < asked && this.#restart());
    }
  }

  /** Another person is at the device, or nobody: begin anew with nothing of the one before. */
  forget() {
    device.set('token', null);
    for (const key of ['files', 'draft']) tab.set(key, null);
    this.setup.onforget();
    this.#outbox.clear();
    this.#reset();
  }

  /** Who the visitor is has changed: say it to the server now. */
  reidentify() {
    this.#refused.clear();
    if (this.#stopped) return;
    this.#drop();
    this.#connect();
  }

  /** Tells the server where the customer is now, when that has changed; once a second at most, the last page counts. */
  tellPage() {
    if (!this.#welcomed || this.#timers.page) return;
    const { page } = this.setup.context();
    const said = JSON.stringify(page);
    if (said === this.#page) return;
    this.#page = said;
    this.#link?.send({ type: 'page', page });
    this.#later('page', 1_000, () => this.tellPage());
  }

  // What the customer does -----------------------------------------------------------------------------------------

  /** @param {string} text may be empty when there are files @param {import('./types').Attachment[]} [files] */
  send(text, files = []) {
    const some = files.length > 0;
    this.#push({ type: 'send', ...(text ? { text } : {}), ...(some ? { attachments: files.map((file) => file.id) } : {}) },
      { title: text || files.map((file) => file.name).join(', '), ...(some ? { files } : {}) });
  }

  /** @param {import('./types').Message} message @param {import('./types').Choice} choice */
  choose(message, choice) {
    this.#push({ type: 'send', choice: choice.id }, { title: choice.title, of: message.seq });
  }

  /** @param {string} survey @param {number} score @param {string} [comment] */
  rate(survey, score, comment) {
    this.#push({ type: 'survey', survey, score, ...(comment ? { comment } : {}) });
  }

  /** "Not now" to a question. @param {string} survey */
  skip(survey) {
    this.#push({ type: 'survey', survey, skip: true });
  }

  /** @param {string} invitation @param {import('./types').Answer} answer @param {string} [words] a testimonial */
  answer(invitation, answer, words) {
    this.#push({ type: 'invitation', invitation, answer, ...(words ? { words } : {}) });
  }

  human() {
    this.#push({ type: 'human' });
  }

  end() {
    this.#push({ type: 'end' });
  }

  /** @param {string} cid */
  retry(cid) {
    this.#outbox.retry(cid);
    this.#flush();
    this.#changed();
  }

  /** @param {string} cid */
  discard(cid) {
    this.#outbox.settle(cid);
    this.#changed();
  }

  sayTyping() {
    if (this.#welcomed && !this.#timers.said) {
      this.#link?.send({ type: 'typing' });
      this.#later('said', 3_000, () => {});
    }
  }

  /** Everything up to here was seen. */
  markRead() {
    const { seq } = this.thread;
    if (!this.#welcomed || seq <= this.readSeq) return;
    this.#link?.send({ type: 'read', seq });
    this.channel?.postMessage({ read: seq });
    this.#sawRead(seq);
  }

  /** What came up to here was there before this page. */
  get historyEnd() {
    return this.#historyEnd ?? 0;
  }

  get unread() {
    return this.thread.items.filter((m) => isIncoming(m) && m.seq > this.readSeq).length;
  }

  /** What is on its way, oldest first. */
  get pending() {
    return [...this.#outbox.entries.values()];
  }

  // The connection -------------------------------------------------------------------------------------------------

  /** @param {import('./types').ClientFrame} frame @param {Partial<import('./types').Entry>} [more] */
  #push(frame, more) {
    this.tellPage();
    this.#outbox.add({ ...frame, cid: uuid() }, more);
    this.#flush();
    if (!this.#link) this.wake();
    this.#changed();
  }

  async #connect() {
    if (this.#link || this.#stopped) return;
    clearTimeout(this.#timers.retry);
    const turn = ++this.#turn;
    const known = await this.setup.identity();
    if (turn !== this.#turn || this.#stopped) return;
    // A site that signs wrongly must not cost its customers the chat: then they are anonymous.
    const identity = this.#refused.has(known) || this.#refused.size > 1 ? null : known;
    if (isSomebodyElse(identity)) this.forget();
    this.#said = identity;
    this.#badIdentity = false;
    const { base, context } = this.setup;
    const listener = {
      onopen: () => {
        if (turn !== this.#turn) return;
        const about = context();
        this.#page = JSON.stringify(about.page);
        this.#link?.send({
          type: 'hello', last_seq: this.thread.seq, ...about,
          ...(device.get('token') ? { token: device.get('token') } : {}),
          ...(identity ? { identity } : {}),
        });
      },
      onframe: (/** @type {any} */ frame) => turn === this.#turn && this.#receive(frame),
      onclose: (/** @type {number} */ code) => turn === this.#turn && this.#lost(code),
    };
    this.#later('welcome', WELCOME_MS, () => this.#restart());
    const blocked = this.#failures >= SOCKET_TRIES && this.#failures % 10 !== 0;
    this.#polls = blocked;
    try {
      this.#link = blocked
        ? openPolling(base, listener, { token: () => device.get('token'), seq: () => this.thread.seq })
        : openSocket(base, listener);
    } catch {
      this.#lost(1006); // the page's policy forbids sockets
    }
  }

  /** A crowd or a moment may have kept sockets away: one is tried beside the polling, and where it opens all goes there. */
  #climb() {
    const turn = this.#turn;
    this.#later('climb', CLIMB_MS * 2 ** Math.min(this.#climbs, CLIMBS) * (1 + Math.random()), () => {
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
          onclose: () => turn === this.#turn && (open ? this.#restart() : this.#climb()),
        });
      } catch { /* the page's policy forbids sockets, and will */ }
    });
  }

  /** @param {number} code */
  #lost(code) {
    const wasWelcome = this.#welcomed;
    this.#drop();
    if (code === 4001 && !this.#badIdentity) {
      device.set('token', null);
      this.#reset();
    }
    if (this.#stopped) return;
    this.#failures = wasWelcome ? 0 : this.#failures + 1;
    this.connection = code === 4003 ? 'refused' : 'offline';
    const calm = code === 4003 || code === 4029 ? 10_000 : 500;
    // Thousands lose the server at one moment and must not come back at one: anything from now to the longest wait.
    const delay = Math.min(30_000, calm * 2 ** Math.min(this.#failures, 6)) * (calm > 500 ? 0.7 + Math.random() * 0.6 : Math.random());
    this.#later('retry', delay, () => this.#connect());
    this.#changed();
  }

  /** Closes the link, if there is one, without a word to anybody. */
  #drop() {
    this.#turn += 1;
    const link = this.#link;
    this.#link = null;
    this.#welcomed = false;
    this.typing = null;
    clearTimeout(this.#timers.welcome);
    this.#outbox.rewind();
    link?.close();
  }

  /** The link is of no use any more, the server may be: connect again. */
  #restart() {
    const wasWelcome = this.#welcomed;
    this.#drop();
    if (wasWelcome) this.#connect();
    else this.#lost(1006);
  }

  #reset() {
    this.thread = emptyThread();
    this.talks += 1;
    this.#historyEnd = null;
    this.#gapAt = null;
    this.#sawRead(0, true);
    this.#changed();
  }

  #watch() {
    if (!this.#welcomed || document.hidden) return;
    const silent = Date.now() - this.#heardAt;
    const waiting = this.pending.some((e) => e.inFlight);
    if (silent > (waiting ? ACK_MS : WATCHDOG_MS)) this.#restart();
    else if (silent > SILENCE_MS) this.#link?.send({ type: 'ping' });
  }

  #flush() {
    if (!this.#welcomed) return;
    const wait = this.#outbox.flush((frame) => this.#link?.send(frame));
    if (wait) this.#later('flush', wait, () => this.#flush());
  }

  // What the server says -------------------------------------------------------------------------------------------

  /** @param {any} frame */
  #receive(frame) {
    this.#heardAt = Date.now();
    if (SEQUENCED.has(frame.type)) {
      if (frame.seq <= this.thread.seq) return;
      if (frame.seq > this.thread.seq + 1 && this.#gapAt !== this.thread.seq) {
        // Something was missed. Ask for it once; if the server really has nothing there, go on without.
        this.#gapAt = this.thread.seq;
        this.#restart();
        return;
      }
    }
    if (frame.type === 'erased') this.forget();
    if (frame.type === 'welcome' && !this.#welcome(frame)) return;
    this.thread = applyFrame(this.thread, frame);
    if (frame.type === 'message') this.#message(frame);
    else if (frame.type === 'resync') frame.messages.forEach((/** @type {any} */ m) => this.#outbox.settle(m.cid));
    else if (frame.type === 'ack') this.#acked(frame);
    else if (frame.type === 'typing') this.#typed(frame.author);
    else if (frame.type === 'error') this.#failed(frame);
    for (const { seq, frame: { cid } } of this.pending) if (cid && seq && seq <= this.thread.seq) this.#outbox.settle(cid);
    this.#flush();
    this.#changed();
  }

  /** @param {import('./types').Welcome} frame @returns {boolean} false when we must ask anew */
  #welcome(frame) {
    device.set('token', frame.token);
    rememberPerson(this.#said);
    if (this.#said) this.#refused.clear();
    const { conversation, seq } = this.thread;
    if (conversation && conversation !== frame.conversation) {
      this.#reset();
      if (seq > 0) {
        this.#welcomed = true;
        this.#restart();
        return false;
      }
    }
    clearTimeout(this.#timers.welcome);
    this.#welcomed = true;
    this.#failures = 0;
    tab.set('polls', this.#polls || null);
    if (this.#polls) this.#climb();
    else this.#climbs = 0;
    this.#historyEnd ??= frame.seq;
    this.connection = 'online';
    return true;
  }

  /** @param {import('./types').Message} message */
  #message(message) {
    if (message.cid) this.#outbox.settle(message.cid);
    if (!isIncoming(message)) return;
    this.typing = null;
    if (this.#historyEnd !== null && message.seq > this.#historyEnd) this.setup.onincoming(message);
  }

  /** @param {import('./types').Ack} ack */
  #acked(ack) {
    const entry = this.#outbox.acked(ack.cid, ack.seq);
    if (entry) this.setup.onacked(entry.frame);
  }

  /** @param {string} author */
  #typed(author) {
    if (author === 'customer') return;
    this.typing = author;
    this.#later('typing', TYPING_MS, () => {
      this.typing = null;
      this.#changed();
    });
  }

  /** @param {import('./types').Failure} failure */
  #failed(failure) {
    if (failure.code === 'unknown_type') return; // an older server's answer to a ping
    if (failure.code === 'bad_token' && failure.of === 'identity') {
      this.#badIdentity = true;
      this.#refused.add(this.#said);
      this.setup.onrefused('bad_identity', failure.message);
    }
    const entry = failure.cid ? this.#outbox.entries.get(failure.cid) : undefined;
    if (entry && TRANSIENT.has(failure.code)) {
      this.#later('flush', 3_000, () => {
        entry.inFlight = false;
        this.#flush();
      });
      return;
    }
    if (failure.cid && this.#outbox.failed(failure.cid, failure.message)) this.setup.onerror(failure.code, failure.message);
    // What is not shown as a message has no place for a retry button: the sentence was said, the entry goes.
    if (entry && entry.frame.type !== 'send') this.#outbox.settle(/** @type {string} */ (failure.cid));
  }

  // Small things ---------------------------------------------------------------------------------------------------

  /** @param {number} seq @param {boolean} [anew] */
  #sawRead(seq, anew) {
    if (seq <= this.readSeq && !anew) return;
    this.readSeq = seq;
    device.set('read', seq);
    this.#changed();
  }

  /** One timer per name; setting it again replaces it. @param {string} name @param {number} ms @param {() => unknown} work */
  #later(name, ms, work) {
    clearTimeout(this.#timers[name]);
    this.#timers[name] = setTimeout(() => {
      delete this.#timers[name];
      work();
    }, ms);
  }

  /** Many frames in a row are one change on the screen. */
  #changed() {
    if (this.#notified) return;
    this.#notified = true;
    setTimeout(() => {
      this.#notified = false;
      if (!this.#stopped) this.setup.onchange();
    }, 16);
  }
}
