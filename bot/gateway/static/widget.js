// Rapport's launcher: one button now, the chat itself when somebody wants it.
(() => {
  const script = document.currentScript;
  // Before we are here the site may have put calls into an array of this name.
  const early = window.Rapport || [];
  // The second on a page does nothing, nor does one that was taken out of it before it came to run.
  if (!script?.isConnected || !early.shift) return;
  const base = new URL('.', script.src).href;
  const assets = `${base}static/widget/`;
  const options = { ...script.dataset, base };
  const words = RAPPORT_WORDS;
  const short = (tag) => tag.split('-')[0].toLowerCase();
  // The site's word, the page's, the reader's: the first that we can speak.
  const language = () => [options.locale, document.documentElement.lang, ...navigator.languages]
    .map((tag) => (tag || '').replace(/_/g, '-')).find((tag) => words[short(tag)]) || 'en';
  const say = (index) => words[short(language())][index];
  const calls = [];

  const host = document.createElement('div');
  host.dataset.rapportHost = '';
  if (options.theme) host.dataset.theme = options.theme;
  const rtl = getComputedStyle(document.documentElement).direction === 'rtl';
  const side = (host.dataset.position = /^(left|right)$/.test(options.position) ? options.position : rtl ? 'left' : 'right');
  if (options.color) host.style.setProperty('--rapport-color', options.color);
  const root = host.attachShadow({ mode: 'open' });
  // White or black on the accent, whichever has 4.5:1 by the luminance of WCAG 2.2; one of them always has.
  const on = 'clamp(0,(.179 - .2126*r - .7152*g - .0722*b)*1e7,1)';
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(`:host{all:initial;--r-accent:var(--rapport-color,#14665a);--r-on:#fff}
@supports(color:rgb(from red r g b)){:host{--r-accent:color(from var(--rapport-color,#14665a) srgb clamp(0,r,1) clamp(0,g,1) clamp(0,b,1)/1);--r-on:color(from var(--r-accent) srgb-linear ${on} ${on} ${on})}}
button.launcher{all:unset;box-sizing:border-box;position:fixed;z-index:var(--rapport-z,2147483646);bottom:var(--rapport-offset,20px);${side}:var(--rapport-offset,20px);width:56px;height:56px;border-radius:50%;cursor:pointer;display:grid;place-items:center;
background:var(--r-accent);color:var(--r-on);box-shadow:0 4px 20px #0005;border:2px solid transparent}
button.launcher:focus-visible{outline:3px solid var(--r-on);box-shadow:0 0 0 6px var(--r-accent)}
button.launcher svg{width:26px;height:26px;fill:none;stroke:currentColor;stroke-width:1.8;stroke-linejoin:round}
.launcher+p{position:fixed;z-index:2147483646;bottom:88px;${side}:20px;margin:0;max-width:260px;padding:10px 14px;border-radius:12px;background:#1d2126;color:#fff;font:15px/1.4 system-ui}
[hidden]{display:none!important}
@media print{:host{display:none}}`);
  root.adoptedStyleSheets = [sheet];

  const make = (parent, name, attributes) => {
    const space = /svg|path/.test(name) ? 'http://www.w3.org/2000/svg' : 'http://www.w3.org/1999/xhtml';
    const node = document.createElementNS(space, name);
    for (const key in attributes) node.setAttribute(key, attributes[key]);
    return parent.appendChild(node);
  };
  const button = make(root, 'button', { type: 'button', class: 'launcher', lang: language(), 'aria-label': say(0), 'aria-haspopup': 'dialog' });
  const logo = make(button, 'svg', { viewBox: '0 0 24 24', 'aria-hidden': 'true' });
  make(logo, 'path', { d: 'M21 11.5a8.4 8.4 0 0 1-12.2 7.5L3 21l2-5.6A8.4 8.4 0 1 1 21 11.5Z' });
  make(button, 'span', { hidden: '', 'aria-hidden': 'true' });
  const down = make(root, 'p', { role: 'status', dir: 'auto', hidden: '' });

  let app, fetched, loading, gone;
  let tries = 0;
  const hint = (rel, file, as) => make(document.head, 'link', { rel, crossorigin: '', ...as, href: assets + file });
  const prefetch = () => {
    if (fetched) return;
    fetched = true;
    hint('modulepreload', `locales/${short(language())}.mjs`);
    hint('preload', 'widget.css', { as: 'fetch' });
    'main announcer cards composer dom header invitation log message outbox page panel person rating richtext session storage strings testimonial thread transport welcome ../vendor/preact ../vendor/htm'
      .split(' ').forEach((name) => hint('modulepreload', `${name}.mjs`));
  };
  // A failed import is remembered by its address, so that a second try needs another one.
  const chat = () => import(`${assets}main.mjs${tries ? `?${tries}` : ''}`);
  const load = () => {
    prefetch();
    loading ??= chat()
      .then(async (module) => (app = await module.start({ host, root, button, options, language, calls })))
      .catch((error) => {
        loading = undefined;
        tries += 1;
        throw error;
      });
    return loading;
  };
  const sorry = (error) => {
    console.warn('Rapport:', error);
    down.hidden = false;
    down.textContent = say(1);
    down.lang = language();
    setTimeout(() => (down.hidden = true), 6000);
    calls.forEach(([name, event, listen]) => name === 'on' && event === 'error' && listen({ code: 'unreachable', message: down.textContent }));
  };

  ['pointerenter', 'focus', 'touchstart'].forEach((event) => button.addEventListener(event, prefetch, { passive: true }));
  button.addEventListener('click', () => (app?.isOpen ? app.close() : load().then((it) => it.open()).catch(sorry)));

  const api = (window.Rapport = {
    push: (...list) => list.forEach(([name, ...values]) => api[name](...values)),
    shutdown(how) {
      if (gone) return;
      gone = true;
      host.remove();
      window.Rapport = early;
      if (loading || how?.forget) Promise.resolve(loading).then(chat, chat).then((module) => module.shutdown(how));
    },
  });
  // What is asked waits until the chat is here; what only sets something does not load it.
  'on off open close toggle send prefill identify setPage setLocale setTheme'.split(' ').forEach((name) => {
    api[name] = (...values) => {
      if (gone) return;
      calls.push([name, ...values]);
      if (app) app.take();
      else if (/^(op|t|sen|p)/.test(name)) load().catch(sorry);
    };
  });

  const stored = (area, key) => {
    try {
      return window[area].getItem(`rapport:${key}`);
    } catch {
      return null;
    }
  };
  document.body.append(host);
  // Somebody who has talked to us before may have an answer waiting.
  if (stored('localStorage', 'token')) {
    const later = () => gone || load().then((it) => stored('sessionStorage', 'open') && it.open(true)).catch(() => {});
    if (stored('sessionStorage', 'open')) later();
    else (window.requestIdleCallback || setTimeout)(later);
  } else if (options.greeting && !stored('localStorage', 'greeted')) {
    setTimeout(() => gone || loading || import(`${assets}teaser.mjs`)
      .then((it) => it.tease({ root, button, text: options.greeting, locale: language() })).catch(() => {}), (options.greetingDelay ?? 5) * 1e3);
  }
  while (!gone && early[0]) api.push(early.shift());
})();
