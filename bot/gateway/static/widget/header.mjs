// Whose chat this is, who is speaking, and the way out.
import { Icon, Part, createRef, fetched, html } from './dom.mjs';
import { initials } from './names.mjs';

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
  state = { open: false, Menu: /** @type {any} */ (null) };

  /** Who comes near the button will want the menu. */
  fetch = async () => {
    if (this.state.Menu) return;
    const { Menu } = await fetched(this.props.ctx, () => import('./menu.mjs'), 'menu.css');
    await new Promise((done) => { this.setState({ Menu }, () => done(null)); });
  };

  near = () => this.fetch().catch(() => {});

  /** Where the keyboard goes on: at the first item, once it is here; or at the button. */
  focus = () => (this.state.open ? this.menu.current.querySelector('button') : this.button.current)?.focus();

  /** @param {boolean} open */
  toggle(open) {
    const { ctx } = this.props;
    this.setState({ open }, this.focus);
    if (open && !this.state.Menu) {
      this.fetch().then(() => this.state.open && this.focus(), () => {
        this.setState({ open: false });
        ctx.announce(ctx.t('unavailable'));
      });
    }
  }

  /** @param {() => void} act */
  pick = (act) => {
    this.setState({ open: false });
    act();
  };

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
    const { open, Menu } = this.state;
    // The page has a banner of its own.
    return html`<header role="none">
      <span class="avatar" aria-hidden="true">${owner === 'agent' && agent ? initials(agent) : html`<${Icon} name=${owner === 'queue' ? 'person' : 'bot'} />`}</span>
      <div class="title"><h2 tabindex="-1">${ctx.company}</h2><p>${speaking(session, t)}</p></div>
      <div class="menu-box" onKeyDown=${(/** @type {any} */ e) => this.keys(e)} onFocusOut=${(/** @type {any} */ e) => this.left(e)}>
        <button class="round" ref=${this.button} aria-expanded=${open ? 'true' : 'false'} aria-controls="rapport-menu"
          aria-label=${t('menu')} onPointerEnter=${this.near} onFocus=${this.near} onClick=${() => this.toggle(!open)}><${Icon} name="more" /></button>
        <div class="menu" id="rapport-menu" ref=${this.menu} hidden=${!open || !Menu}>${Menu && html`<${Menu} ctx=${ctx} pick=${this.pick} />`}</div>
      </div>
      <button class="round" aria-label=${t('close')} onClick=${ctx.close}><${Icon} name="down" /></button>
    </header>`;
  }
}
