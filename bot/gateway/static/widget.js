// Rapport's launcher: one button now, the chat itself when somebody wants it.
(() => {
  const script = document.currentScript;
  if (!script || window.Rapport) return;
  const base = new URL('.', script.src).href;
  const assets = `${base}static/widget/`;
  const options = { ...script.dataset, base };
  const listeners = {};
  const words = RAPPORT_WORDS;
  const short = (tag) => tag.split('-')[0].toLowerCase();
  // The site's word, the page's, the reader's: the first that we can speak.
  const language = () => [options.locale, document.documentElement.lang, ...navigator.languages]
    .map((tag) => (tag || '').replace(/_/g, '-')).find((tag) => words[short(tag)]) || 'en';
  const say = (index) => words[short(language())][index];
  const emit = (event, detail) => (listeners[event] || []).forEach((fn) => fn(detail));

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

  let app, fetched, loading;
  let tries = 0;
  const hint = (rel, file, as) => make(document.head, 'link', { rel, crossorigin: '', ...as, href: assets + file });
  const prefetch = () => {
    if (fetched) return;
    fetched = true;
    hint('modulepreload', `locales/${short(language())}.mjs`);
    hint('preload', 'widget.css', { as: 'fetch' });
    'main cards composer dom header invitation log message outbox panel person rating richtext session storage strings thread transport ../vendor/preact ../vendor/htm'
      .split(' ').forEach((name) => hint('modulepreload', `${name}.mjs`));
  };
  const load = () => {
    prefetch();
    // A failed import is remembered by its address, so that a second try needs another one.
    loading ??= import(`${assets}main.mjs${tries ? `?${tries}` : ''}`)
      .then(async (module) => (app = await module.start({ host, root, button, options, language, emit })))
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
  };
  const opened = (name) => (text) => load().then((it) => { it.open(); if (name) it[name](text); }).catch(sorry);
  const open = opened();

  ['pointerenter', 'focus', 'touchstart'].forEach((event) => button.addEventListener(event, prefetch, { passive: true }));
  button.addEventListener('click', () => (app?.isOpen ? app.close() : open()));

  window.Rapport = {
    open,
    close: () => app?.close(),
    send: opened('send'),
    prefill: opened('prefill'),
    identify(jwt) { options.identity = jwt; app?.identify(); },
    setPage(page) { options.page = page; },
    on(event, fn) { (listeners[event] ||= []).push(fn); },
    shutdown(how) { app?.shutdown(how); host.remove(); delete window.Rapport; },
  };

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
    const later = () => load().then((it) => stored('sessionStorage', 'open') && it.open(true)).catch(() => {});
    if (stored('sessionStorage', 'open')) later();
    else (window.requestIdleCallback || setTimeout)(later);
  }
})();
