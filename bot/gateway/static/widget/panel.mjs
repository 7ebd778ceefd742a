// The chat's window: a dialog beside the page on wide screens, over all of it on phones.
import { Announcer } from './announcer.mjs';
import { Composer } from './composer.mjs';
import { Part, createRef, html } from './dom.mjs';
import { Header } from './header.mjs';
import { Log } from './log.mjs';
import { device } from './storage.mjs';

/** A dropped connection that is back at once is not worth a word. */
const OFFLINE_MS = 2_000;

export class Panel extends Part {
  dialog = createRef();
  composer = createRef();
  announcer = createRef();
  phone = matchMedia('(max-width: 480px)');
  state = { open: false, ending: false, offline: false, page: /** @type {any} */ (null), wide: Boolean(device.get('wide')) };
  /** @type {string | null} how the page scrolled before we covered it */ scrolling = null;
  /** @type {HTMLElement | null} */ cameFrom = null;

  componentDidMount() {
    this.phone.addEventListener('change', this.refit);
    visualViewport?.addEventListener('resize', this.fit);
    visualViewport?.addEventListener('scroll', this.fit);
  }

  componentWillUnmount() {
    this.freeze(false);
    this.phone.removeEventListener('change', this.refit);
    visualViewport?.removeEventListener('resize', this.fit);
    visualViewport?.removeEventListener('scroll', this.fit);
  }

  componentDidUpdate() {
    const { connection } = this.props.session;
    if (connection === 'online' || connection === 'connecting') {
      clearTimeout(this.offlineTimer);
      this.offlineTimer = 0;
      if (this.state.offline) this.setState({ offline: false });
    } else if (!this.offlineTimer) {
      this.offlineTimer = setTimeout(() => this.setState({ offline: true }), OFFLINE_MS);
    }
  }

  offlineTimer = 0;

  /** The on-screen keyboard takes its part of the screen: the panel gives way. */
  fit = () => {
    const view = visualViewport;
    if (!view || !this.phone.matches) return;
    this.dialog.current.style.setProperty('--r-height', `${view.height}px`);
    this.dialog.current.style.setProperty('--r-top', `${view.offsetTop}px`);
  };

  /** A turned phone or a narrowed window: the same dialog in its other form. */
  refit = () => {
    if (!this.state.open || this.state.page) return;
    const held = this.dialog.current.getRootNode().activeElement;
    this.dialog.current.close();
    this.show();
    held?.focus();
  };

  show() {
    const dialog = this.dialog.current;
    if (this.phone.matches) dialog.showModal();
    else dialog.show();
    this.freeze(this.phone.matches);
  }

  /** The page behind a full-screen chat stays where it is. @param {boolean} still */
  freeze(still) {
    const { style } = document.documentElement;
    if (still) {
      this.scrolling ??= style.overflow;
      style.overflow = 'hidden';
    } else if (this.scrolling !== null) {
      style.overflow = this.scrolling;
      this.scrolling = null;
    }
  }

  /** @param {boolean} [quietly] after a page change: open, but leave the focus with the page */
  open(quietly) {
    if (this.state.open) return;
    this.cameFrom = /** @type {HTMLElement | null} */ (document.activeElement);
    this.setState({ open: true }, () => {
      if (quietly && !this.phone.matches) {
        this.dialog.current.setAttribute('open', '');
        return;
      }
      this.show();
      this.fit();
      if (matchMedia('(pointer: fine)').matches) this.composer.current.focus();
      else this.dialog.current.querySelector('h2').focus();
    });
  }

  close = () => {
    if (!this.state.open) return;
    this.dialog.current.close();
    this.freeze(false);
    this.setState({ open: false, ending: false, page: null }, this.props.onclose);
    const { host, button } = this.props;
    if (this.cameFrom && this.cameFrom !== document.body && this.cameFrom !== host && this.cameFrom.isConnected) this.cameFrom.focus();
    else button.focus();
  };

  /** @param {string} text @param {string} [lead] */
  announce = (text, lead) => {
    if (this.state.open) this.announcer.current.say(text, lead);
  };

  /** @param {KeyboardEvent} event */
  keys = (event) => {
    // The page's own shortcuts are not meant for what is typed here.
    event.stopPropagation();
    if (event.type !== 'keydown' || event.isComposing) return;
    if (event.key === 'Escape') {
      event.preventDefault();
      if (this.state.ending) this.cancelEnd();
      else this.close();
    } else if (event.key === 'F6') {
      event.preventDefault();
      const root = this.dialog.current;
      const log = root.querySelector('.log');
      if (log.contains(root.getRootNode().activeElement)) this.composer.current.focus();
      else log.focus();
    }
  };

  /** A page over the chat. @param {'data' | 'copy'} name */
  turnTo = async (name) => {
    const { locale, t } = this.props;
    try {
      const { page } = await import('./mydata.mjs');
      this.setState({ page: await page(name, locale) });
    } catch {
      this.announce(t('unavailable'));
    }
  };

  left = () => this.setState({ page: null }, () => this.dialog.current.querySelector('.menu-box button').focus());

  askEnd = () => this.setState({ ending: true }, () => this.dialog.current.querySelector('.ending button').focus());

  cancelEnd() {
    this.setState({ ending: false }, this.focusComposer);
  }

  end() {
    this.props.session.end();
    this.cancelEnd();
  }

  human = () => {
    const { session, t } = this.props;
    if (!this.asking) session.human();
    this.announce(t('human_asked'));
    this.focusComposer();
  };

  mute = () => {
    device.set('sound', this.muted);
    this.setState({});
  };

  get muted() {
    return !(device.get('sound') ?? this.props.options.sound !== 'off');
  }

  widen = () => {
    const wide = !this.state.wide;
    device.set('wide', wide || null);
    this.setState({ wide }, this.focusComposer);
  };

  /** On a touch screen the keyboard must not jump up over what was just tapped. */
  focusComposer = () => {
    if (matchMedia('(pointer: fine)').matches) this.composer.current.focus();
    else this.dialog.current.querySelector('.log').focus({ preventScroll: true });
  };

  get asking() {
    return this.props.session.pending.some((/** @type {any} */ e) => e.frame.type === 'human');
  }

  get ctx() {
    const { session, t, options, lang, dir, locale, number, theirs, send } = this.props;
    return {
      session, t, options, lang, dir, locale, number, theirs, send, close: this.close, human: this.human, askEnd: this.askEnd, turnTo: this.turnTo, announce: this.announce,
      asking: this.asking, company: options.company || session.thread.company || t('support'), focusComposer: this.focusComposer, root: () => this.dialog.current,
      mute: this.mute, muted: this.muted, widen: this.widen, wide: this.state.wide, phone: this.phone.matches,
      speaker: () => (session.thread.owner === 'agent' && session.thread.agent) || t('bot'),
    };
  }

  render() {
    const { t, session, lang, dir } = this.props;
    const { ctx } = this;
    const { open, ending, offline, page, wide } = this.state;
    return html`<dialog ref=${this.dialog} class=${wide ? 'panel wide' : 'panel'} lang=${lang} dir=${dir} aria-label=${t('panel', { company: ctx.company })} aria-modal=${open && this.phone.matches ? 'true' : undefined}
        onKeyDown=${this.keys} onKeyUp=${this.keys} onKeyPress=${this.keys}
        onCancel=${(/** @type {any} */ e) => { e.preventDefault(); this.close(); }}>
      <${Header} ctx=${ctx} />
      ${offline && html`<div class="banner"><p role="status">${t(session.connection === 'refused' ? 'refused' : 'offline')}</p>
        ${session.connection === 'offline' && html`<button class="plain" onClick=${() => session.wake()}>${t('try_now')}</button>`}</div>`}
      ${open && html`<${Log} ctx=${ctx} />`}
      ${ending && html`<div class="ending" role="group" aria-labelledby="rapport-end"><p><strong id="rapport-end">${t('end_sure')}</strong> ${t('end_note')}</p>
        <p class="buttons"><button class="button" onClick=${() => this.end()}>${t('end_yes')}</button>
        <button class="button quiet" onClick=${() => this.cancelEnd()}>${t('end_no')}</button></p></div>`}
      <${Composer} ctx=${ctx} me=${this.composer} />
      ${page && html`<${page.View} ctx=${ctx} t=${page.t} done=${this.left} />`}
      <${Announcer} me=${this.announcer} theirs=${this.props.theirs} />
    </dialog>`;
  }
}

