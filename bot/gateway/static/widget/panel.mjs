// The chat's window: a dialog beside the page on wide screens, over all of it on phones.
import { Announcer } from './announcer.mjs';
import { Composer } from './composer.mjs';
import { Part, createRef, fetched, html } from './dom.mjs';
import { Header } from './header.mjs';
import { device } from './storage.mjs';
import { Opening } from './welcome.mjs';

/** A dropped connection that is back at once is not worth a word. */
const OFFLINE_MS = 2_000;

export class Panel extends Part {
  dialog = createRef();
  composer = createRef();
  announcer = createRef();
  phone = matchMedia('(max-width: 480px)');
  state = { open: false, ending: /** @type {any} */ (null), offline: false, page: /** @type {any} */ (null), Log: /** @type {any} */ (null), wide: Boolean(device.get('wide')) };
  /** @type {string | null} how the page scrolled before we covered it */ scrolling = null;
  /** @type {HTMLElement | null} */ cameFrom = null;
  before = { seq: 0, read: 0, talks: 0 };
  shown = false;

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
    if (this.spoken) this.talk();
    if (connection === 'online' || connection === 'connecting') {
      clearTimeout(this.offlineTimer);
      this.offlineTimer = 0;
      if (this.state.offline) this.setState({ offline: false });
    } else if (!this.offlineTimer) {
      this.offlineTimer = setTimeout(() => this.setState({ offline: true }), OFFLINE_MS);
    }
  }

  offlineTimer = 0;

  /** Whether there is a conversation to show. */
  get spoken() {
    const { thread, pending, typing } = this.props.session;
    return thread.items.length || pending.length || typing;
  }

  /**
   * Fetches what shows a conversation; until it is here, or where it cannot be had, the plain words stand. And until there
   * is one: what one may begin with must not be changed for its like under a finger.
   */
  talk = async () => {
    if (this.state.Log) return;
    const { Log } = await fetched(this.props, () => import('./log.mjs'), 'log.css').catch(() => ({}));
    if (!Log || this.state.Log || !this.spoken) return;
    const log = () => this.dialog.current?.querySelector('.log');
    const held = log()?.matches(':focus');
    this.setState({ Log }, () => held && log().focus({ preventScroll: true }));
  };

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
    const { session } = this.props;
    this.before = { seq: session.thread.seq, read: session.readSeq, talks: session.talks };
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
    this.setState({ open: false, ending: null, page: null }, this.props.onclose);
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
      const found = await page(name, locale);
      if (this.state.open) this.setState({ page: found });
    } catch {
      this.announce(t('unavailable'));
    }
  };

  left = () => this.setState({ page: null }, () => this.dialog.current.querySelector('.menu-box button').focus());

  /** @param {any} ending the question */
  askEnd = (ending) => this.setState({ ending }, () => this.dialog.current.querySelector('.ending button').focus());

  cancelEnd = () => this.setState({ ending: null }, this.focusComposer);

  end = () => {
    this.props.session.end();
    this.cancelEnd();
  };

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
    const { session, t, more, options, lang, dir, locale, number, theirs, send } = this.props;
    return {
      session, t, more, options, lang, dir, locale, number, theirs, send, close: this.close, human: this.human, askEnd: this.askEnd, turnTo: this.turnTo, announce: this.announce,
      talk: this.talk, asking: this.asking, company: options.company || session.thread.company || t('support'), focusComposer: this.focusComposer,
      mute: this.mute, muted: this.muted, widen: this.widen, wide: this.state.wide, phone: this.phone.matches,
      speaker: () => (session.thread.owner === 'agent' && session.thread.agent) || t('bot'),
    };
  }

  render() {
    const { t, session, lang, dir } = this.props;
    const { ctx } = this;
    const { open, ending: Ending, offline, page, wide, Log } = this.state;
    this.shown ||= open; // what nobody has wanted to see is not made
    return html`<dialog ref=${this.dialog} class=${wide ? 'panel wide' : 'panel'} lang=${lang} dir=${dir} aria-label=${t('panel', { company: ctx.company })} aria-modal=${open && this.phone.matches ? 'true' : undefined}
        onKeyDown=${this.keys} onKeyUp=${this.keys} onKeyPress=${this.keys}
        onCancel=${(/** @type {any} */ e) => { e.preventDefault(); this.close(); }}>
      ${this.shown && html`
        <${Header} ctx=${ctx} />
        ${offline && html`<div class="banner"><p role="status">${t(session.connection === 'refused' ? 'refused' : 'offline')}</p>
          ${session.connection === 'offline' && html`<button class="plain" onClick=${() => session.reconnect()}>${t('try_now')}</button>`}</div>`}
        ${open && (Log ? html`<${Log} key=${session.talks} ctx=${ctx} before=${this.before.talks === session.talks ? this.before : { seq: 0, read: 0 }} />` : html`<${Opening} ctx=${ctx} />`)}
        ${Ending && html`<${Ending} t=${t} end=${this.end} cancel=${this.cancelEnd} />`}
        <${Composer} ctx=${ctx} me=${this.composer} />
        ${page && html`<${page.View} ctx=${ctx} t=${page.t} done=${this.left} />`}
        <${Announcer} me=${this.announcer} theirs=${this.props.theirs} />`}
    </dialog>`;
  }
}

