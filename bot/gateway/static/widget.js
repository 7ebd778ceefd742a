// Rapport's launcher: one button now, the chat itself when somebody wants it.
(() => {
  const script = document.currentScript;
  if (!script || window.Rapport) return;
  const base = new URL('.', script.src).href;
  const assets = `${base}static/widget/`;
  const options = { ...script.dataset, base };
  const listeners = {};
  const emit = (event, detail) => (listeners[event] || []).forEach((fn) => fn(detail));

  const host = document.createElement('div');
  host.dataset.rapportHost = '';
  if (options.theme) host.dataset.theme = options.theme;
  const rtl = getComputedStyle(document.documentElement).direction === 'rtl';
  const side = (host.dataset.position = /^(left|right)$/.test(options.position) ? options.position : rtl ? 'left' : 'right');
  if (options.color) host.style.setProperty('--rapport-color', options.color);
  const root = host.attachShadow({ mode: 'open' });
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(`:host{all:initial;--r-accent:var(--rapport-color,#14665a)}
button.launcher{all:unset;box-sizing:border-box;position:fixed;z-index:2147483646;inset-block-end:var(--rapport-offset,20px);
${side}:var(--rapport-offset,20px);width:56px;height:56px;border-radius:50%;cursor:pointer;display:grid;place-items:center;
background:var(--r-accent);color:var(--r-on,#fff);box-shadow:0 2px 6px #0003,0 8px 24px #0003;border:2px solid transparent}
button.launcher:focus-visible{outline:3px solid var(--r-accent);outline-offset:3px}
svg.logo{width:26px;height:26px;fill:none;stroke:currentColor;stroke-width:1.8;stroke-linejoin:round}
.launcher span{position:absolute;inset:-4px -4px auto auto;min-width:22px;height:22px;box-sizing:border-box;border-radius:11px;padding:0 6px;background:#b3261e;color:#fff;font:600 13px/22px system-ui,sans-serif;text-align:center}
.launcher [hidden],p.down[hidden]{display:none}
p.down{position:fixed;z-index:2147483646;bottom:88px;${side}:20px;margin:0;max-width:260px;padding:10px 14px;border-radius:12px;background:#1d2126;color:#fff;font:15px/1.4 system-ui,sans-serif}
@media print{:host{display:none}}`);
  root.adoptedStyleSheets = [sheet];

  const svg = (name, attributes, child) => {
    const node = document.createElementNS('http://www.w3.org/2000/svg', name);
    for (const key in attributes) node.setAttribute(key, attributes[key]);
    if (child) node.append(child);
    return node;
  };
  const button = document.createElement('button');
  button.type = 'button';
  button.className = 'launcher';
  button.setAttribute('aria-label', 'Open chat');
  button.setAttribute('aria-haspopup', 'dialog');
  const badge = document.createElement('span');
  badge.hidden = true;
  badge.setAttribute('aria-hidden', 'true');
  button.append(svg('svg', { viewBox: '0 0 24 24', class: 'logo', 'aria-hidden': 'true' },
    svg('path', { d: 'M21 11.5a8.4 8.4 0 0 1-12.2 7.5L3 21l2-5.6A8.4 8.4 0 1 1 21 11.5Z' })), badge);
  const down = document.createElement('p');
  down.className = 'down';
  down.setAttribute('role', 'status');
  down.hidden = true;
  root.append(button, down);

  const hint = (rel, file, as) => {
    const link = document.createElement('link');
    Object.assign(link, { rel, href: assets + file, crossOrigin: 'anonymous' }, as && { as });
    document.head.append(link);
  };
  const prefetch = () => {
    if (prefetch.done) return;
    prefetch.done = true;
    hint('preload', 'widget.css', 'fetch');
    'main cards composer dom header invitation log message outbox panel rating richtext session storage strings theme thread transport ../vendor/preact ../vendor/htm'
      .split(' ').forEach((name) => hint('modulepreload', `${name}.mjs`));
  };
  let app;
  let loading;
  let tries = 0;
  const load = () => {
    prefetch();
    // A failed import is remembered by its address, so that a second try needs another one.
    loading ??= import(`${assets}main.mjs${tries ? `?${tries}` : ''}`)
      .then((module) => module.start({ host, root, button, options, emit }))
      .then((started) => (app = started));
    return loading.catch((error) => {
      loading = undefined;
      tries += 1;
      throw error;
    });
  };
  const sorry = (error) => {
    console.warn('Rapport:', error);
    down.hidden = false;
    down.textContent = 'The chat cannot be reached right now. Please try again in a moment.';
    setTimeout(() => (down.hidden = true), 6000);
  };
  const withApp = (act) => load().then(act).catch(sorry);

  ['pointerenter', 'focus', 'touchstart'].forEach((event) => button.addEventListener(event, prefetch, { passive: true }));
  button.addEventListener('click', () => withApp((it) => (it.isOpen ? it.close() : it.open())));

  window.Rapport = {
    open: () => withApp((it) => it.open()),
    close: () => app?.close(),
    send: (text) => withApp((it) => { it.open(); it.send(text); }),
    prefill: (text) => withApp((it) => { it.open(); it.prefill(text); }),
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
