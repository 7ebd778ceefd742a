// Rapport's launcher: one button now, the chat itself when somebody wants it.
(() => {
  const script = document.currentScript;
  // Before we are here the site may have put calls into an array of this name.
  const early = window.Rapport || [];
  // The second on a page does nothing, nor does one that was taken out of it before it came to run.
  if (!script?.isConnected || !early.shift) return;
  const base = script.src.replace(/[^/]*([?#].*)?$/, '');
  // Filled in by the gateway: the folder of the chat's modules, then what of it is needed first.
  const [folder, ...modules] = RAPPORT_MODULES;
  const options = { ...script.dataset, base };
  const words = RAPPORT_WORDS;
  const page = document.documentElement;
  const short = (tag) => (tag || '').split(/[-_]/)[0].toLowerCase();
  const known = (tag) => words[short(tag)];
  // The site's word, the page's, the reader's: the first that we can speak. The reader's costs most to find out.
  const language = () => [options.locale, page.lang].find(known) || navigator.languages.find(known) || 'en';
  const say = (index) => known(language())[index];
  const calls = [];

  const host = document.createElement('div');
  host.dataset.rapportHost = '';
  if (options.theme) host.dataset.theme = options.theme;
  const rtl = getComputedStyle(page).direction === 'rtl';
  const side = (host.dataset.position = /^(left|right)$/.test(options.position) ? options.position : rtl ? 'left' : 'right');
  if (options.color) host.style.setProperty('--rapport-color', options.color);
  const root = host.attachShadow({ mode: 'open' });
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(`:host{all:initial!important;--r-z:var(--rapport-z,2147483647);--r-accent:var(--rapport-color,#14665a);--r-on:#fff}
@supports(color:contrast-color(red)){:host{--r-on:contrast-color(var(--r-accent))}}
.launcher{all:unset;box-sizing:border-box;position:fixed;z-index:var(--r-z);bottom:var(--rapport-offset,20px);${side}:var(--rapport-offset,20px);border-radius:28px;cursor:pointer;
background:var(--r-accent);color:var(--r-on);box-shadow:0 4px 20px #0005;border:2px solid #0000}
.launcher:focus-visible{outline:3px solid var(--r-on);box-shadow:0 0 0 6px var(--r-accent)}
button.launcher::before{content:"";display:block;width:20px;height:17px;margin:15.5px 14px;border:2px solid;border-radius:12px 12px 12px 3px}
p.launcher{margin:0 0 68px;max-width:260px;padding:10px 14px;font:15px/1.4 system-ui}
@media print{:host{display:none!important}}`);
  root.adoptedStyleSheets = [sheet];

  const make = (parent, name, attributes) => {
    const node = document.createElement(name);
    for (const key in attributes) node.setAttribute(key, attributes[key]);
    return parent.appendChild(node);
  };
  const button = make(root, 'button', { class: 'launcher', lang: language(), 'aria-label': say(0), 'aria-haspopup': 'dialog' });

  const parts = { host, root, button, options, language, calls };
  let app, fetched, loading, gone;
  let tries = 0;
  // A failed import is remembered by its address, so that a second try needs another one.
  const assets = (file) => `${base}${folder}${tries || ''}/${file}`;
  const hint = (rel, file, as) => make(document.head, 'link', { rel, crossorigin: '', ...as, href: assets(file) });
  const prefetch = () => {
    if (fetched) return;
    fetched = true;
    hint('modulepreload', `locales/${short(language())}.mjs`);
    hint('preload', 'widget.css', { as: 'fetch' });
    modules.forEach((file) => hint('modulepreload', file));
  };
  const chat = () => import(assets(modules[0]));
  const load = () => {
    prefetch();
    loading ??= chat()
      .then(async (module) => (app = await module.start(parts)))
      .catch((error) => {
        loading = undefined;
        tries += 1;
        throw error;
      });
    return loading;
  };
  const sorry = (error) => {
    console.warn('Rapport:', error);
    const note = make(root, 'p', { class: 'launcher', role: 'alert', dir: 'auto', lang: language() });
    note.textContent = say(1);
    setTimeout(() => note.remove(), 6000);
    calls.forEach(([name, event, listen]) => name === 'on' && event === 'error' && listen({ code: 'unreachable', message: say(1) }));
  };

  // A finger enters too, before it presses.
  button.onpointerenter = button.onfocus = prefetch;
  button.onclick = () => (app?.isOpen ? app.close() : load().then((it) => it.open()).catch(sorry));

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
  'on off open close toggle send prefill identify setPage setLocale setTheme mute'.split(' ').forEach((name) => {
    api[name] = (...values) => {
      if (gone) return;
      calls.push([name, ...values]);
      if (app) app.take();
      else if (/^(op|t|sen|p)/.test(name)) load().catch(sorry);
    };
  });

  // Beside the body: pages that change it for another one keep us.
  page.append(host);
  // The first look into storage makes the page wait, so it waits for the page.
  (window.requestIdleCallback || setTimeout)(() => {
    if (gone) return;
    try {
      // Somebody who has talked to us before may have an answer waiting.
      if (localStorage['rapport:token']) {
        const wasOpen = sessionStorage['rapport:open'];
        load().then((it) => wasOpen && it.open(true)).catch(() => {});
      } else if (options.greeting && !localStorage['rapport:greeted']) {
        setTimeout(() => gone || loading || import(assets('teaser.mjs'))
          .then((it) => it.tease(parts)).catch(() => {}), (options.greetingDelay ?? 5) * 1e3);
      }
    } catch { /* forbidden: then nothing is stored, and nobody greeted on every page */ }
  });
  while (!gone && early[0]) api.push(early.shift());
})();
