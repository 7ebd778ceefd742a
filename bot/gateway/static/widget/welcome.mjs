// The first words of the chat, and what one may begin with: at the start, and again after the end.
import { html } from './dom.mjs';
import { safeUrl } from './urls.mjs';

/** @param {{ctx: any, title: string}} props things to begin with, each sent by a tap: `title`, or `title=what is sent` where the assistant needs other words */
const Starters = ({ ctx, title }) => {
  const { t, options, theirs, send } = ctx;
  const starters = options.starters?.split('|') ?? [t('starter_1'), t('starter_2'), t('starter_3')];
  return html`<h3>${title}</h3><div class="choices" onPointerEnter=${ctx.talk} onFocusIn=${ctx.talk}>${starters.filter(Boolean).map((/** @type {string} */ text) => {
    const [title, words = title] = text.split('=').map((part) => part.trim());
    return html`<button class="chip" ...${words === title && theirs} onClick=${() => { send(words); ctx.focusComposer(); }}>${title}
      ${words !== title && html`<small ...${theirs}>${words}</small>`}</button>`;
  })}</div>`;
};

/** @param {{ctx: any}} props who speaks here, what is kept, and the starters while nothing was said */
export function Welcome({ ctx }) {
  const { t, options, session, theirs } = ctx;
  const privacy = options.privacyUrl && safeUrl(options.privacyUrl, location.href);
  const fresh = session.thread.items.length === 0 && !session.pending.some((/** @type {any} */ e) => e.title);
  return html`<div class="intro"><p>${t('disclosure')} ${theirs.lang && `${t('bot_language')} `}${t('privacy')}${' '}
      ${privacy && html`<a href=${privacy} target="_blank" rel="noopener">${t('privacy_link')}</a>`}</p>
    ${fresh && html`<${Starters} ctx=${ctx} title=${t('hello')} />`}</div>`;
}

/** @param {{ctx: any}} props the conversation before the first message, and the words alone while what shows one is not here */
export function Opening({ ctx }) {
  const { thread: { items }, pending } = ctx.session;
  const words = [...items.map((/** @type {any} */ m) => m.text), ...pending.map((/** @type {any} */ e) => e.title)];
  return html`<div class="log" role="region" aria-label=${ctx.t('log')} tabindex="0"><div class="thread"><${Welcome} ctx=${ctx} />
    ${words.map((text) => text && html`<p dir="auto">${text}</p>`)}</div></div>`;
}

/** @param {{ctx: any}} props the chat has ended: a way to begin anew */
export const Ended = ({ ctx }) => html`<div class="intro ended" role="group" aria-label=${ctx.t('start_again')}>
  <${Starters} ctx=${ctx} title=${ctx.t('again')} /></div>`;
