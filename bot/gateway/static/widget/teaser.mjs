// A greeting beside the launcher: once per visitor, never on small screens, never in the way, and never with the focus.
import { device } from './storage.mjs';
import { strings } from './strings.mjs';

const NARROW = '(max-width: 480px), (max-height: 420px)';
const CSS = `.teaser{position:fixed;z-index:var(--r-z);inset-block-end:calc(var(--rapport-offset,20px) + 68px);display:flex;align-items:start;max-width:min(300px,calc(100vw - 2*var(--rapport-offset,20px)));
color-scheme:light dark;background:light-dark(#fff,#1d2126);color:light-dark(#1b2027,#eef1f4);border:1px solid light-dark(#dde2e7,#3b434d);border-radius:16px;box-shadow:0 4px 12px #0f172a14,0 12px 36px #0f172a2e;
font:15px/1.45 var(--rapport-font,system-ui,sans-serif);overflow-wrap:anywhere;animation:tease .25s ease-out}
:host([data-theme="light"]) .teaser{color-scheme:light}:host([data-theme="dark"]) .teaser{color-scheme:dark}
.teaser button{all:unset;cursor:pointer;border-radius:14px;box-sizing:border-box}.teaser button:focus-visible{outline:3px solid currentColor;outline-offset:-3px}
.teaser .greeting{padding:12px 0 12px 16px;flex:1}.teaser[dir="rtl"] .greeting{padding:12px 16px 12px 0}.teaser .dismiss{display:grid;place-items:center;width:44px;height:44px;flex:none}
.teaser svg{width:16px;height:16px;fill:none;stroke:currentColor;stroke-width:2;stroke-linecap:round}
@keyframes tease{from{opacity:0;transform:translateY(6px)}}@media(prefers-reduced-motion:reduce){.teaser{animation:none}}@media print{.teaser{display:none}}`;

/** @returns {boolean} false too when it cannot be noted: rather never than on every page */
function firstTime() {
  if (device.get('greeted')) return false;
  device.set('greeted', true);
  try {
    return localStorage.getItem('rapport:greeted') !== null;
  } catch {
    return false;
  }
}

/**
 * @param {object} launcher
 * @param {ShadowRoot} launcher.root @param {HTMLButtonElement} launcher.button
 * @param {import('./types').Options} launcher.options with the site's words
 * @param {() => string} launcher.language the tag of the language to speak
 */
export async function tease({ root, button, options, language }) {
  const { t, dir, lang } = await strings(language());
  if (matchMedia(NARROW).matches || !button.isConnected || button.ariaExpanded === 'true' || !firstTime()) return;
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(CSS);
  root.adoptedStyleSheets = [...root.adoptedStyleSheets, sheet];

  const box = Object.assign(document.createElement('div'), { className: 'teaser', dir });
  box.style.setProperty(/** @type {HTMLElement} */ (root.host).dataset.position ?? 'right', 'var(--rapport-offset, 20px)');
  box.setAttribute('role', 'status');
  const greeting = Object.assign(document.createElement('button'), { type: 'button', className: 'greeting', dir: 'auto', textContent: options.greeting });
  const dismiss = Object.assign(document.createElement('button'), { type: 'button', className: 'dismiss', lang });
  dismiss.setAttribute('aria-label', t('teaser_close'));
  const [svg, path] = ['svg', 'path'].map((name) => document.createElementNS('http://www.w3.org/2000/svg', name));
  svg.setAttribute('viewBox', '0 0 24 24');
  svg.setAttribute('aria-hidden', 'true');
  path.setAttribute('d', 'm6 6 12 12M18 6 6 18');
  svg.append(path);
  dismiss.append(svg);

  /** @param {KeyboardEvent} event the page may want the key too, so it goes on */
  const key = (event) => event.key === 'Escape' && away();
  const away = () => {
    const held = /** @type {ShadowRoot} */ (box.getRootNode()).activeElement;
    if (held && box.contains(held)) button.focus();
    box.remove();
    removeEventListener('keydown', key);
    button.removeEventListener('click', away);
  };
  dismiss.addEventListener('click', away);
  greeting.addEventListener('click', () => button.click());
  button.addEventListener('click', away);
  addEventListener('keydown', key);
  root.append(box);
  // A live region speaks of what changes in it, not of what it came with.
  requestAnimationFrame(() => box.append(greeting, dismiss));
}
