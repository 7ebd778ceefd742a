// Loaded when the chat is first wanted: puts session and panel together and gives the launcher what it asks for.
import { PATHS, html, render } from './dom.mjs';
import { nameOf } from './message.mjs';
import { Panel } from './panel.mjs';
import { askIdentity } from './person.mjs';
import { spoken } from './richtext.mjs';
import { Session } from './session.mjs';
import { device, tab } from './storage.mjs';
import { strings } from './strings.mjs';

/** @param {any} message @param {import('./types').Translate} t @returns {[string, string]} what a screen reader should say of it, and of whom */
function announcement(message, t) {
  const parts = [spoken(message.text ?? ''), message.card?.title, message.card?.text === message.text ? '' : message.card?.text, message.survey?.question, message.invitation?.title];
  const words = parts.filter(Boolean).join(' ');
  return [words, message.author === 'system' ? '' : t('said', { name: nameOf(message, t) })];
}

/**
 * @param {object} launcher
 * @param {HTMLElement} launcher.host
 * @param {ShadowRoot} launcher.root
 * @param {HTMLButtonElement} launcher.button
 * @param {import('./types').Options} launcher.options
 * @param {() => string} launcher.language the tag of the language to speak
 * @param {(event: string, detail?: unknown) => void} launcher.emit
 */
export async function start({ host, root, button, options, language, emit }) {
  const get = () => fetch(new URL('widget.css', import.meta.url));
  // The first may be given a prefetch that failed.
  const [words, response] = await Promise.all([strings(language()), get().catch(get)]);
  if (!response.ok) throw new Error(`widget.css: ${response.status}`);
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(await response.text());
  root.adoptedStyleSheets = [...root.adoptedStyleSheets, sheet];

  const { t } = words;
  // The wish, also where we cannot fulfil it: a person may.
  const locale = options.locale || document.documentElement.lang || navigator.language;
  const place = document.createElement('div');
  root.append(place);
  /** @type {{current: any}} */ const panel = { current: null };
  /** @type {string | null} */ let owner = null;
  let unread = 0;

  const session = new Session({
    base: options.base,
    identity: () => askIdentity(options),
    // Without the query: it may carry what is nobody's business.
    context: () => ({ locale, page: options.page ?? location.origin + location.pathname }),
    onincoming(message) {
      panel.current.announce(...announcement(message, t));
      emit('message', { author: message.author, text: message.text });
    },
    onacked(frame) {
      if (frame.type === 'survey') {
        if (!frame.comment) panel.current.announce(t('rate_saved'));
        emit('survey', { survey: frame.survey, score: frame.score });
      }
    },
    onerror(code, message) {
      panel.current.announce(message);
      emit('error', { code, message });
    },
    onchange: draw,
  });
  /** @param {string} text */
  const send = (text) => session.send(text);

  function draw() {
    const open = Boolean(panel.current?.state.open);
    if (open && !document.hidden) session.markRead();
    const { thread } = session;
    if (owner !== null && owner !== thread.owner && session.connection === 'online') {
      if (thread.owner === 'agent') panel.current.announce(t('now_agent', { name: thread.agent || t('agent') }));
      else if (thread.owner !== 'nobody') panel.current.announce(t(`now_${thread.owner}`));
    }
    if (session.connection === 'online') owner = thread.owner;
    const count = open ? 0 : session.unread;
    if (count !== unread) emit('unread', { count });
    unread = count;
    button.lang = words.lang;
    const name = t(open ? 'launcher_close' : 'launcher_open');
    button.setAttribute('aria-label', count ? `${name}, ${t('unread', { n: count })}` : name);
    button.setAttribute('aria-expanded', String(open));
    button.querySelector('path')?.setAttribute('d', PATHS[open ? 'down' : 'chat']);
    const badge = /** @type {HTMLElement} */ (button.querySelector('span'));
    badge.textContent = count > 99 ? `${words.number(99)}+` : words.number(count);
    badge.hidden = !count;
    render(html`<${Panel} me=${panel} host=${host} button=${button} session=${session} options=${options}
      send=${send} onclose=${closed} ...${words} />`, place);
  }
  function closed() {
    tab.set('open', null);
    draw();
    emit('close');
  }
  const seen = () => draw();

  draw();
  document.addEventListener('visibilitychange', seen);
  session.start();
  emit('ready');

  return {
    get isOpen() {
      return Boolean(panel.current.state.open);
    },
    /** @param {boolean} [quietly] */
    open(quietly) {
      if (this.isOpen) return;
      tab.set('open', true);
      panel.current.open(quietly);
      panel.current.setState({}, draw);
      emit('open');
    },
    close: () => panel.current.close(),
    send,
    /** @param {string} text */
    prefill: (text) => panel.current.composer.current.write(text),
    /** The launcher has put the new identity into the options. */
    identify: () => session.reidentify(),
    /** @param {{forget?: boolean}} [how] */
    shutdown({ forget = false } = {}) {
      document.removeEventListener('visibilitychange', seen);
      session.stop();
      if (forget) session.forget();
      tab.set('open', null);
      if (forget) for (const key of device.keys('')) device.set(key, null);
      render(null, place);
    },
  };
}
