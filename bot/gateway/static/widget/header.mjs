// Whose chat this is, who is speaking, and the way out.
import { Icon, Part, createRef, html } from './dom.mjs';
import { initials } from './message.mjs';

/** @param {any} session @param {import('./types').Translate} t @returns {string} who has the conversation, in one line */
export function speaking({ thread: { owner, agent, queue, ticket } }, t) {
  if (owner === 'agent') return t('speaking_agent', { name: agent || t('agent') });
  if (owner !== 'queue') return t(owner === 'nobody' ? 'speaking_nobody' : 'speaking_bot');
  if (ticket) return t('speaking_ticket', { number: ticket });
  if (!queue) return t('speaking_queue');
  const place = t('speaking_queue_at', { n: queue.position });
  if (queue.wait_s == null) return place;
  return `${place} · ${queue.wait_s < 60 ? t('wait_short') : t('wait', { n: Math.round(queue.wait_s / 60) })}`;
}

export class Header extends Part {
  button = createRef();
  menu = createRef();
  state = { open: false };

  /** @param {boolean} open */
  toggle(open) {
    this.setState({ open }, () => {
      if (open) this.menu.current.querySelector('button').focus();
      else this.button.current.focus();
    });
  }

  /** @param {() => void} act */
  pick(act) {
    this.setState({ open: false });
    act();
  }

  /** @param {KeyboardEvent} event */
  keys(event) {
    if (!this.state.open) return;
    const items = [...this.menu.current.querySelectorAll('button, a')];
    const at = items.indexOf(/** @type {any} */ (event.target));
    const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: items.length - 1 }[event.key];
    if (to !== undefined) items[(to + items.length) % items.length]?.focus();
    else if (event.key === 'Escape') this.toggle(false);
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  /** @param {FocusEvent} event */
  left(event) {
    const next = /** @type {Node | null} */ (event.relatedTarget);
    if (this.state.open && next && !/** @type {Element} */ (event.currentTarget).contains(next)) this.setState({ open: false });
  }

  render() {
    const { ctx } = this.props;
    const { t, session } = ctx;
    const { owner, agent } = session.thread;
    // The page has a banner of its own.
    return html`<header role="none">
      <span class="avatar" aria-hidden="true">${owner === 'agent' && agent ? initials(agent) : html`<${Icon} name=${owner === 'queue' ? 'person' : 'bot'} />`}</span>
      <div class="title"><h2 tabindex="-1">${ctx.company}</h2><p>${speaking(session, t)}</p></div>
      <div class="menu-box" onKeyDown=${(/** @type {any} */ e) => this.keys(e)} onFocusOut=${(/** @type {any} */ e) => this.left(e)}>
        <button class="round" ref=${this.button} aria-expanded=${this.state.open ? 'true' : 'false'} aria-controls="rapport-menu"
          aria-label=${t('menu')} onClick=${() => this.toggle(!this.state.open)}><${Icon} name="more" /></button>
        <div class="menu" id="rapport-menu" ref=${this.menu} hidden=${!this.state.open}>
          ${owner !== 'agent' && owner !== 'queue' && html`<button onClick=${() => this.pick(ctx.human)}><${Icon} name="person" />${t('human')}</button>`}
          <button onClick=${() => this.pick(() => ctx.turnTo('copy'))}><${Icon} name="copy" />${t('menu_copy')}</button>
          <button onClick=${() => this.pick(() => ctx.turnTo('data'))}><${Icon} name="box" />${t('menu_data')}</button>
          <button onClick=${() => this.pick(ctx.mute)}><${Icon} name=${ctx.muted ? 'sound' : 'mute'} />${t(ctx.muted ? 'unmute' : 'mute')}</button>
          ${!ctx.phone && html`<button onClick=${() => this.pick(ctx.widen)}><${Icon} name="wide" />${t(ctx.wide ? 'narrower' : 'wider')}</button>`}
          ${owner !== 'nobody' && html`<button onClick=${() => this.pick(ctx.askEnd)}><${Icon} name="close" />${t('end')}</button>`}</div>
      </div>
      <button class="round" aria-label=${t('close')} onClick=${ctx.close}><${Icon} name="down" /></button>
    </header>`;
  }
}
