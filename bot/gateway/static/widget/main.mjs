// Loaded when the chat is first wanted: puts session and panel together and gives the launcher what it asks for.
import { spoken } from './announcer.mjs';
import { dress, html, render } from './dom.mjs';
import { nameOf } from './names.mjs';
import { Panel } from './panel.mjs';
import { pageOf } from './page.mjs';
import { askIdentity } from './person.mjs';
import { Session } from './session.mjs';
import { device, tab } from './storage.mjs';
import { strings } from './strings.mjs';

/** Time for another tab to say that it was seen there. */
const SOUND_MS = 400;

/** @param {any} message @param {import('./types').Translate} t @returns {[string, string]} what a screen reader should say of it, and of whom */
function announcement(message, t) {
  const parts = [spoken(message.text ?? ''), message.card?.title, message.card?.text === message.text ? '' : message.card?.text, message.survey?.question, message.invitation?.title, ...(message.attachments ?? []).map((/** @type {any} */ file) => file.name)];
  const words = parts.filter(Boolean).join(' ');
  return [words, message.author === 'system' ? '' : t('said', { name: nameOf(message, t) })];
}

/** @type {{shutdown(how?: {forget?: boolean}): void} | null} the chat on this page */
let running = null;

/**
 * Takes the chat off the page, also when it has not been wanted yet.
 * @param {{forget?: boolean}} [how] `forget`: leave nothing in the browser either
 */
export function shutdown(how) {
  running?.shutdown();
  running = null;
  if (how?.forget) for (const store of [device, tab]) for (const key of store.keys('')) store.set(key, null);
}

/**
 * @param {object} launcher
 * @param {HTMLElement} launcher.host
 * @param {ShadowRoot} launcher.root
 * @param {HTMLButtonElement} launcher.button
 * @param {import('./types').Options} launcher.options
 * @param {() => string} launcher.language the tag of the language to speak
 * @param {[name: string, ...values: any[]][]} launcher.calls of the site's own code, until they are taken
 */
export async function start({ host, root, button, options, language, calls }) {
  const [spoke] = await Promise.all([strings(language()), dress(root)]);

  let words = spoke;
  let { t } = words;
  // The wish, also where we cannot fulfil it: a person may.
  const wish = () => options.locale || document.documentElement.lang || navigator.language;
  const place = document.createElement('div');
  root.append(place);
  const badge = document.createElement('span');
  badge.ariaHidden = 'true';
  button.append(badge);
  /** @type {{current: any}} */ const panel = { current: null };
  /** @type {string | null} */ let owner = null;
  let unread = 0;
  let isOpen = false;
  /** @type {Map<string, Set<(detail: any) => void>>} */ const listeners = new Map();
  /** What a listener of the site throws is the site's to see, and ends nothing of ours. @param {string} event @param {object} [detail] */
  const emit = (event, detail = {}) => listeners.get(event)?.forEach((listen) => {
    try {
      listen(detail);
    } catch (error) {
      setTimeout(() => { throw error; });
    }
  });

  const session = new Session({
    base: options.base,
    identity: () => askIdentity(options, mistake),
    context: () => ({ locale: wish(), page: pageOf(options.page) }),
    onincoming(message) {
      panel.current.announce(...announcement(message, t));
      const { id, author, name, text, at } = message;
      if (author !== 'system') setTimeout(() => heard(message), SOUND_MS);
      emit('message', { id, author, name: name ?? null, text: text ?? '', at });
    },
    onacked(frame) {
      if (frame.type === 'survey' && !frame.skip) {
        if (!frame.comment) panel.current.announce(t('rate_saved'));
        const { kind } = session.thread.items.find((m) => m.survey?.id === frame.survey)?.survey ?? {};
        emit('rated', { kind, score: frame.score, comment: Boolean(frame.comment) });
      }
    },
    onerror(code, message) {
      panel.current.announce(message);
      mistake(code, message);
    },
    onrefused: mistake,
    onforget: () => panel.current?.composer.current?.empty(),
    onchange: draw,
  });
  /** A sound for what nobody saw, in this tab or another. @param {import('./types').Message} message */
  function heard({ seq }) {
    if (panel.current.muted || session.readSeq >= seq) return;
    import('./sound.mjs').then(({ sound }) => sound()).catch(() => {});
  }
  /** @param {string} text @param {import('./types').Attachment[]} [files] */
  const send = (text, files) => session.send(text, files);
  /** For the site's developer; the customer goes on. @param {string} code @param {string} message */
  function mistake(code, message) {
    emit('error', { code, message });
  }

  function draw() {
    const { thread } = session;
    if (owner !== null && owner !== thread.owner && session.connection === 'online') {
      if (thread.owner === 'agent') panel.current.announce(t('now_agent', { name: thread.agent || t('agent') }));
      else if (thread.owner !== 'nobody') panel.current.announce(t(`now_${thread.owner}`));
      if (thread.owner === 'nobody') emit('ended');
      else if (thread.owner !== 'bot' || owner !== 'nobody') emit('handoff', { owner: thread.owner, agent: thread.agent, ticket: Boolean(thread.ticket) });
    }
    if (session.connection === 'online') owner = thread.owner;
    label();
    render(html`<${Panel} me=${panel} host=${host} button=${button} session=${session} options=${options}
      send=${send} onclose=${closed} ...${words} />`, place);
  }
  /** What the launcher says; and what stands in an open chat was read. */
  function label() {
    const open = Boolean(panel.current?.state.open);
    if (open && !document.hidden) session.markRead();
    const count = open ? 0 : session.unread;
    if (count !== unread) emit('unread', { count });
    unread = count;
    button.lang = words.lang;
    const name = t(open ? 'launcher_close' : 'launcher_open');
    button.setAttribute('aria-label', count ? t('unread', { open: name, n: count }) : name);
    button.setAttribute('aria-expanded', String(open));
    badge.hidden = !count;
    if (count) badge.textContent = count > 99 ? `${words.number(99)}+` : words.number(count);
  }
  function closed() {
    isOpen = false;
    tab.set('open', null);
    draw();
    emit('close');
  }
  const seen = () => draw();

  const chat = {
    get isOpen() {
      return isOpen;
    },
    /** @param {boolean} [quietly] */
    open(quietly) {
      if (isOpen) return;
      isOpen = true;
      tab.set('open', true);
      panel.current.open(quietly);
      panel.current.setState({}, label);
      session.tellPage();
      emit('open', { restored: Boolean(quietly) });
    },
    /** After whatever was asked before. */
    close: () => panel.current.setState({}, () => panel.current.close()),
    /** Carries out what the site's own code has called since. */
    take() {
      if (run) run(calls, deeds, emit);
      else if (calls.length) load().then(() => this.take(), () => {});
    },
    shutdown() {
      document.removeEventListener('visibilitychange', seen);
      session.stop();
      tab.set('open', null);
      render(null, place);
    },
  };
  /** What each call of the site does. */
  const deeds = {
    on(/** @type {string} */ event, /** @type {(detail: object) => void} */ listen) {
      listeners.set(event, (listeners.get(event) ?? new Set()).add(listen));
      if (event === 'ready' && ready) listen({});
    },
    off: (/** @type {string} */ event, /** @type {(detail: object) => void} */ listen) => listeners.get(event)?.delete(listen),
    open: () => chat.open(),
    close: () => chat.close(),
    toggle: () => (isOpen ? chat.close() : chat.open()),
    send(/** @type {string} */ text) {
      chat.open();
      send(text);
    },
    prefill(/** @type {string} */ text) {
      chat.open();
      panel.current.setState({}, () => panel.current.composer.current.write(text));
    },
    identify(/** @type {import('./types').Options['identity']} */ who) {
      if (who === options.identity) return;
      options.identity = who;
      session.reidentify();
    },
    setPage(/** @type {import('./types').Options['page']} */ page) {
      options.page = page ?? undefined;
      session.tellPage();
    },
    async setLocale(/** @type {string | null} */ locale) {
      options.locale = locale ?? undefined;
      const wanted = language();
      const next = await strings(wanted);
      // All or nothing: what was fetched since is on the screen too.
      const all = !words.whole || (await next.more().then(() => true, () => false));
      if (!all || wanted !== language()) return; // another was asked for meanwhile
      ({ t } = words = next);
      draw();
    },
    mute(/** @type {boolean} */ on) {
      device.set('sound', !on);
      draw();
    },
    setTheme(/** @type {'light' | 'dark' | 'auto'} */ theme) {
      if (theme === 'auto') delete host.dataset.theme;
      else host.dataset.theme = theme;
    },
  };
  /** @type {typeof import('./api.mjs').carryOut | undefined} */ let run;
  const load = async () => {
    run ??= (await import('./api.mjs')).carryOut;
  };
  let ready = false;

  if (calls.length) await load();
  draw();
  // Who was here before has something to be shown: fetched while the server is asked for it.
  if (device.get('token')) panel.current.talk();
  chat.take();
  document.addEventListener('visibilitychange', seen);
  session.start();
  ready = true;
  emit('ready');
  running = chat;
  return chat;
}
