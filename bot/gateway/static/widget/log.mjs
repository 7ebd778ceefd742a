// The conversation: days, groups by author, what is on its way, and a scroll position that is never stolen. Fetched when
// there is something to show, or somebody begins to write.
import { Icon, Part, createRef, html } from './dom.mjs';
import { Avatar, Body } from './message.mjs';
import { nameOf } from './names.mjs';
import { answerOf, isIncoming } from './thread.mjs';
import { Ended, Welcome } from './welcome.mjs';

const GROUP_MS = 5 * 60_000;
const NEAR_PX = 80;
/** How much of the message before the unread ones stays in sight. */
const PEEK_PX = 48;

/** @param {any} entry @returns {any} what is on its way, as a message */
const asMessage = (entry) => ({ cid: entry.frame.cid, author: 'customer', text: entry.files && !entry.frame.text ? '' : entry.title, attachments: entry.files, at: entry.at, entry });

/** @param {any} a @param {any} b */
const sameGroup = (a, b) => a && a.author === b.author && a.name === b.name && new Date(b.at).getTime() - new Date(a.at).getTime() < GROUP_MS;

/** @param {string} at @param {any} ctx */
function dayOf(at, { t, locale }) {
  const date = new Date(at);
  const days = Math.round((new Date().setHours(12, 0, 0, 0) - new Date(date).setHours(12, 0, 0, 0)) / 86_400_000);
  if (days === 0) return t('today');
  if (days === 1) return t('yesterday');
  return date.toLocaleDateString(locale, { weekday: 'long', day: 'numeric', month: 'long' });
}

/** `before`: up to where there was something, and up to where it was read, when the chat was opened. */
export class Log extends Part {
  box = createRef();
  state = { away: false };
  atEnd = true;
  top = 0;
  own = 0;
  /** Up to here the customer has seen it stand at the end. */
  seen = 0;
  /** @type {number | null} the first message that was unread when the chat was opened */
  unread = null;
  /** @type {HTMLElement | null} the card that was pressed last */ card = null;

  componentDidMount() {
    this.own = this.written; // what was written while this was fetched is no news
    this.start();
    this.observer = new ResizeObserver(() => this.atEnd && this.toEnd());
    this.observer.observe(this.box.current);
    this.observer.observe(this.box.current.firstElementChild);
  }

  componentWillUnmount() {
    this.observer?.disconnect();
  }

  /** Who has scrolled away in this very frame has not been heard of yet. */
  getSnapshotBeforeUpdate() {
    if (this.box.current.scrollTop < this.top) this.scrolled();
    return null;
  }

  componentDidUpdate() {
    const { written } = this;
    const mine = written > this.own;
    this.own = written;
    if (mine) this.card = null;
    if (this.atEnd || mine) this.toEnd();
  }

  /** The card in which the customer is asked for words: what comes after it does not push it away. */
  get held() {
    return this.card?.isConnected && this.card.querySelector('form') ? this.card : null;
  }

  /** Where reading begins: at what is unread when that is more than fits, else at the end. */
  start() {
    const box = this.box.current;
    const line = box.querySelector('.unread');
    const top = line ? line.offsetTop - PEEK_PX : Infinity;
    if (top < box.scrollHeight - box.clientHeight - NEAR_PX) {
      box.scrollTop = top;
      this.atEnd = false;
    } else this.toEnd();
  }

  toEnd() {
    const box = this.box.current;
    if (!box) return; // closed between the change and its measurement
    const { thread, pending } = this.props.ctx.session;
    // A chat in which nothing was said begins with its first words, also where little has room.
    if (thread.items.length || pending.length) {
      const top = this.held ? this.held.getBoundingClientRect().top - box.getBoundingClientRect().top : Infinity;
      box.scrollTop = Math.min(box.scrollHeight, box.scrollTop + Math.max(0, top));
    }
    this.scrolled();
  }

  scrolled() {
    const box = this.box.current;
    if (!box) return;
    const near = box.scrollHeight - box.scrollTop - box.clientHeight < NEAR_PX;
    // A picture that came in below moves the end away; only who scrolls up leaves it.
    this.atEnd = near || (this.atEnd && box.scrollTop >= this.top);
    this.top = box.scrollTop;
    const away = !(this.held ? near : this.atEnd);
    if (!away) this.seen = this.props.ctx.session.thread.seq;
    if (this.state.away !== away) this.setState({ away });
  }

  /** What came up to here is no news since the chat was opened. */
  get known() {
    return Math.max(this.props.before.seq, this.props.ctx.session.historyEnd);
  }

  /** How much the customer has written since the chat was opened. */
  get written() {
    const { thread: { items }, pending } = this.props.ctx.session;
    return items.filter((/** @type {any} */ m) => !isIncoming(m) && m.seq > this.known).length + pending.filter((/** @type {any} */ e) => e.title).length;
  }

  /** How many came while the customer reads further up. */
  get below() {
    return this.state.away ? this.props.ctx.session.thread.items.filter((/** @type {any} */ m) => isIncoming(m) && m.seq > this.seen).length : 0;
  }

  /** The message that the line "new" stands above. @param {any[]} items */
  firstUnread(items) {
    const at = items.findIndex((m) => isIncoming(m) && m.seq > this.props.before.read && m.seq <= this.known);
    // Above everything it would divide nothing.
    if (this.unread === null && at > 0) this.unread = items[at].seq;
    // Who has written has read.
    return this.written ? null : this.unread;
  }

  /** @param {any} message @param {number} index @param {any[]} all @returns {string | undefined} */
  status(message, index, all) {
    const { connection } = this.props.ctx.session;
    if (message.author !== 'customer') return undefined;
    if (message.entry && message.entry.status === 'sending') return connection === 'online' ? 'sending' : 'waiting';
    // One "Sent" under the newest is enough, and an answer says more.
    if (index < all.length - 1) return undefined;
    return message.read ? 'seen' : 'sent';
  }

  /** @param {any[]} all @returns {(message: any, index: number) => import('./types').Offer | undefined} */
  choosable(all) {
    const lastOwn = all.findLastIndex((m) => m.author === 'customer');
    const answered = all.slice(lastOwn + 1).some(isIncoming);
    return (message, index) => {
      if (!message.choices?.length) return undefined;
      const ended = this.props.ctx.session.thread.owner === 'nobody';
      const chosen = message.chosen ?? all.find((m) => m.entry?.of === message.seq)?.entry.frame.choice;
      if (index > lastOwn && !chosen && !ended) return { open: true, gone: false };
      // What was passed over and answered in other words, or ended, would only be in the way.
      return chosen || !(answered || ended) ? { open: false, gone: answered, chosen } : undefined;
    };
  }

  render() {
    const { ctx } = this.props;
    const { t, session } = ctx;
    const { items, owner } = session.thread;
    const all = [...items, ...session.pending.filter((/** @type {any} */ e) => e.title).map(asMessage)];
    const choices = this.choosable(all);
    const words = all.map((m) => m.survey && answerOf(m.survey)?.comment).filter(Boolean).pop() ?? '';
    const unread = this.firstUnread(items);
    const { below } = this;
    let day = '';
    return html`<div class="log" ref=${this.box} role="region" aria-label=${t('log')} tabindex="0" onScroll=${() => this.scrolled()}
        onClick=${(/** @type {any} */ e) => { this.card = e.target.closest('.card'); }}>
      <div class="thread"><${Welcome} ctx=${ctx} />
        <ol>${all.map((message, i) => {
          const next = dayOf(message.at, ctx);
          const newDay = next !== day;
          day = next;
          const line = unread !== null && message.seq === unread;
          const first = newDay || line || !sameGroup(all[i - 1], message);
          const time = new Date(message.at).toLocaleTimeString(ctx.locale, { hour: 'numeric', minute: '2-digit' });
          return html`${newDay && html`<li class="day" key=${`d${next}`}><span>${next}</span></li>`}
            ${line && html`<li class="unread" key="unread"><span>${t('unread_from')}</span></li>`}
            <li key=${message.cid ?? message.seq} class=${`message ${message.author}${first ? ' first' : ''}`}>
              ${first && message.author !== 'system' && html`<p class="who"><${Avatar} message=${message} />
                <span class=${message.author === 'customer' ? 'sr' : 'name'}>${nameOf(message, t)}</span> <time datetime=${message.at}>${time}</time></p>`}
              <${Body} message=${message} ctx=${ctx} choices=${choices(message, i)} words=${words}
                status=${this.status(message, i, all)} entry=${message.entry} /></li>`;
        })}</ol>
        ${session.typing && html`<p class="typing"><span class="dots" aria-hidden="true"><i></i><i></i><i></i></span>
          <small>${t('typing', { name: ctx.speaker() })}</small></p>`}
        ${owner === 'nobody' && items.length > 0 && !session.pending.length && html`<${Ended} ctx=${ctx} />`}
      </div></div>
      <div class="jump">${this.state.away && html`<button class=${below ? 'pill' : 'pill bare'} aria-label=${below ? undefined : t('to_newest')}
        onClick=${() => { this.card = null; this.toEnd(); ctx.focusComposer(); }}><${Icon} name="down" />${below > 0 && t('new_messages', { n: below })}</button>`}</div>`;
  }
}
