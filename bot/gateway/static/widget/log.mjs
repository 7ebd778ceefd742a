// The conversation: days, groups by author, what is on its way, and a scroll position that is never stolen.
import { Icon, Part, createRef, html } from './dom.mjs';
import { Body, nameOf } from './message.mjs';
import { answerOf, isIncoming } from './thread.mjs';

const GROUP_MS = 5 * 60_000;
const NEAR_PX = 80;

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

export class Log extends Part {
  box = createRef();
  state = { below: false };
  atEnd = true;
  seen = 0;

  componentDidMount() {
    this.toEnd();
    this.observer = new ResizeObserver(() => this.atEnd && this.toEnd());
    this.observer.observe(this.box.current);
    this.observer.observe(this.box.current.firstElementChild);
  }

  componentWillUnmount() {
    this.observer?.disconnect();
  }

  componentDidUpdate() {
    const { pending, thread } = this.props.ctx.session;
    const own = pending.filter((/** @type {any} */ e) => e.title).length;
    const mine = own > this.seen;
    this.seen = own;
    if (this.atEnd || mine) this.toEnd();
    else if (thread.items.length > this.count && !this.state.below) this.setState({ below: true });
    this.count = thread.items.length;
  }

  count = 0;

  toEnd() {
    const box = this.box.current;
    if (!box) return; // closed between the change and its measurement
    box.scrollTop = box.scrollHeight;
    this.atEnd = true;
    if (this.state.below) this.setState({ below: false });
  }

  scrolled() {
    const box = this.box.current;
    if (!box) return;
    this.atEnd = box.scrollHeight - box.scrollTop - box.clientHeight < NEAR_PX;
    if (this.atEnd && this.state.below) this.setState({ below: false });
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

  /** @param {any[]} all @returns {(message: any, index: number) => 'used' | 'open' | undefined} */
  choosable(all) {
    const lastOwn = all.findLastIndex((m) => m.author === 'customer');
    const answered = all.slice(lastOwn + 1).some(isIncoming);
    return (message, index) => {
      if (!message.choices?.length) return undefined;
      if (index > lastOwn) return message.chosen ? 'used' : 'open';
      return answered ? undefined : 'used';
    };
  }

  render() {
    const { ctx, intro } = this.props;
    const { t, session } = ctx;
    const all = [...session.thread.items, ...session.pending.filter((/** @type {any} */ e) => e.title).map(asMessage)];
    const choices = this.choosable(all);
    const words = all.map((m) => m.survey && answerOf(m.survey)?.comment).filter(Boolean).pop() ?? '';
    let day = '';
    return html`<div class="log" ref=${this.box} role="region" aria-label=${t('log')} tabindex="0" onScroll=${() => this.scrolled()}>
      <div class="thread">${intro}
        <ol>${all.map((message, i) => {
          const next = dayOf(message.at, ctx);
          const newDay = next !== day;
          day = next;
          const first = newDay || !sameGroup(all[i - 1], message);
          const time = new Date(message.at).toLocaleTimeString(ctx.locale, { hour: 'numeric', minute: '2-digit' });
          return html`${newDay && html`<li class="day" key=${`d${next}`}><span>${next}</span></li>`}
            <li key=${message.cid ?? message.seq} class=${`message ${message.author}${first ? ' first' : ''}`}>
              ${first && message.author !== 'system' && html`<p class="who">
                <span class=${message.author === 'customer' ? 'sr' : ''}>${nameOf(message, t)}</span> <time datetime=${message.at}>${time}</time></p>`}
              <${Body} message=${message} ctx=${ctx} choices=${choices(message, i)} words=${words}
                status=${this.status(message, i, all)} entry=${message.entry} /></li>`;
        })}</ol>
        ${session.typing && html`<p class="typing"><span class="dots" aria-hidden="true"><i></i><i></i><i></i></span>
          <span class="sr">${t('typing', { name: ctx.speaker() })}</span></p>`}
      </div></div>
      ${this.state.below && html`<button class="pill" onClick=${() => { this.toEnd(); ctx.focusComposer(); }}>
        <${Icon} name="down" />${t('new_messages')}</button>`}`;
  }
}
