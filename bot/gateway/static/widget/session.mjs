// The customer's side of the conversation: it keeps the thread in step with the server and never loses what was done.
import { Connection } from './connection.mjs';
import { Outbox } from './outbox.mjs';
import { isSomebodyElse, rememberPerson } from './person.mjs';
import { device, tab, uuid } from './storage.mjs';
import { applyFrame, emptyThread, isIncoming } from './thread.mjs';

const TYPING_MS = 6_000;
const TRANSIENT = new Set(['too_fast', 'unavailable']);
const SEQUENCED = new Set(['message', 'state', 'update']);

export class Session extends Connection {
  #outbox = new Outbox();
  /** @type {import('./types').Identity} whom we said we were, last */ #said;
  /** @type {Set<import('./types').Identity>} */ #refused = new Set();
  #badIdentity = false;
  #page = '';
  /** @type {number | null} the thread's seq when a gap was seen there */ #gapAt = null;
  /** @type {number | null} newer rows are news, up to here it is history */ #historyEnd = null;

  thread = emptyThread();
  /** Counts conversations: what was noted of one is not true of the next. */ talks = 0;
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
    super(setup);
    try {
      this.channel = new BroadcastChannel('rapport');
      this.channel.onmessage = ({ data }) => this.#sawRead(data?.read ?? 0);
    } catch { /* one tab's unread count then lives by itself */ }
  }

  stop() {
    super.stop();
    this.channel?.close();
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
    this.reconnect();
  }

  /** Tells the server where the customer is now, when that has changed; once a second at most, the last page counts. */
  tellPage() {
    if (!this.welcomed || this.timers.page) return;
    const { page } = this.setup.context();
    const said = JSON.stringify(page);
    if (said === this.#page) return;
    this.#page = said;
    this.link?.send({ type: 'page', page });
    this.later('page', 1_000, () => this.tellPage());
  }

  // What the customer does -----------------------------------------------------------------------------------------

  /** @param {string} text may be empty when there are files @param {import('./types').Attachment[]} [files] */
  send(text, files = []) {
    this.#push({ type: 'send', ...(text ? { text } : {}), ...(files[0] ? { attachments: files.map((file) => file.id) } : {}) },
      { title: text || files.map((file) => file.name).join(', '), ...(files[0] ? { files } : {}) });
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
    this.changed();
  }

  /** @param {string} cid */
  discard(cid) {
    this.#outbox.settle(cid);
    this.changed();
  }

  sayTyping() {
    if (this.welcomed && !this.timers.said) {
      this.link?.send({ type: 'typing' });
      this.later('said', 3_000, () => {});
    }
  }

  /** Everything up to here was seen. */
  markRead() {
    const { seq } = this.thread;
    if (!this.welcomed || seq <= this.readSeq) return;
    this.link?.send({ type: 'read', seq });
    this.channel?.postMessage({ read: seq });
    this.#sawRead(seq);
  }

  /** @param {number} seq @param {boolean} [anew] */
  #sawRead(seq, anew) {
    if (seq <= this.readSeq && !anew) return;
    this.readSeq = seq;
    device.set('read', seq);
    this.changed();
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

  /** @param {import('./types').ClientFrame} frame @param {Partial<import('./types').Entry>} [more] */
  #push(frame, more) {
    this.tellPage();
    this.#outbox.add({ ...frame, cid: uuid() }, more);
    this.#flush();
    if (!this.link) this.wake();
    this.changed();
  }

  // What the connection asks, and what comes over it ---------------------------------------------------------------

  /** @param {import('./types').Identity} known */
  identified(known) {
    // A site that signs wrongly must not cost its customers the chat: then they are anonymous.
    this.#said = this.#refused.has(known) || this.#refused.size > 1 ? null : known;
    if (isSomebodyElse(this.#said)) this.forget();
    this.#badIdentity = false;
  }

  hello() {
    const about = this.setup.context();
    this.#page = JSON.stringify(about.page);
    return { type: 'hello', last_seq: this.thread.seq, ...about, token: device.get('token'), identity: this.#said || null };
  }

  /** @param {number} [code] */
  dropped(code) {
    this.typing = null;
    this.#outbox.rewind();
    if (code !== 4001 || this.#badIdentity) return;
    device.set('token', null);
    this.#reset();
  }

  #reset() {
    this.thread = emptyThread();
    this.talks += 1;
    this.#historyEnd = null;
    this.#gapAt = null;
    this.#sawRead(0, true);
    this.changed();
  }

  #flush() {
    if (!this.welcomed) return;
    const wait = this.#outbox.flush((frame) => this.link?.send(frame));
    if (wait) this.later('flush', wait, () => this.#flush());
  }

  /** @param {any} frame */
  receive(frame) {
    if (SEQUENCED.has(frame.type)) {
      if (frame.seq <= this.thread.seq) return;
      if (frame.seq > this.thread.seq + 1 && this.#gapAt !== this.thread.seq) {
        // Something was missed. Ask for it once; if the server really has nothing there, go on without.
        this.#gapAt = this.thread.seq;
        this.restart();
        return;
      }
    }
    if (frame.type === 'erased') this.forget();
    if (frame.type === 'welcome' && !this.#greeted(frame)) return;
    this.thread = applyFrame(this.thread, frame);
    if (frame.type === 'message') this.#message(frame);
    else if (frame.type === 'resync') frame.messages.forEach((/** @type {any} */ m) => this.#outbox.settle(m.cid));
    else if (frame.type === 'ack') this.#acked(frame);
    else if (frame.type === 'typing') this.#typed(frame.author);
    else if (frame.type === 'error') this.#failed(frame);
    for (const { seq, frame: { cid } } of this.pending) if (cid && seq && seq <= this.thread.seq) this.#outbox.settle(cid);
    this.#flush();
    this.changed();
  }

  /** @param {import('./types').Welcome} frame @returns {boolean} false when we must ask anew */
  #greeted(frame) {
    device.set('token', frame.token);
    rememberPerson(this.#said);
    if (this.#said) this.#refused.clear();
    const { conversation, seq } = this.thread;
    if (conversation && conversation !== frame.conversation) {
      this.#reset();
      if (seq > 0) {
        this.welcomed = true;
        this.restart();
        return false;
      }
    }
    this.welcome();
    this.tellPage(); // it may have changed since the hello
    this.#historyEnd ??= frame.seq;
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
    this.later('typing', TYPING_MS, () => {
      this.typing = null;
      this.changed();
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
      this.later('flush', 3_000, () => {
        entry.inFlight = false;
        this.#flush();
      });
      return;
    }
    if (failure.cid && this.#outbox.failed(failure.cid, failure.message)) this.setup.onerror(failure.code, failure.message);
    // What is not shown as a message has no place for a retry button: the sentence was said, the entry goes.
    if (entry && entry.frame.type !== 'send') this.#outbox.settle(/** @type {string} */ (failure.cid));
  }
}
