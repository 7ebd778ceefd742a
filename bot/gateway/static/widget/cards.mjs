// What the assistant shows beside its words: an order, a product, a step of a guide.
import { Icon, PATHS, html } from './dom.mjs';
import { richText } from './richtext.mjs';
import { safeUrl } from './urls.mjs';

PATHS.zoom = 'M11 18a7 7 0 1 0 0-14 7 7 0 0 0 0 14ZM16 16l5 5M8 11h6M11 8v6';

/** Where the gateway keeps the guides' pictures, seen from here. */
const PICTURES = new URL('../guides/', import.meta.url).href;

/** @param {any} event @param {import('./types').Translate} t */
const enlarge = ({ currentTarget }, t) => import('./lightbox.mjs')
  .then((it) => it.enlarge(currentTarget.parentElement.querySelector('img'), t('enlarged_close'))).catch(() => {});

/** @param {{src?: string, alt?: string, kind?: string, lang?: string, t: any}} props a picture that takes no place when it cannot be shown */
const Picture = ({ src, alt = '', kind = '', lang, t }) => src && safeUrl(src, PICTURES) && html`<div class="pictured">
  <img class=${`picture ${kind}`} src=${safeUrl(src, PICTURES)} alt=${alt} lang=${lang} loading="lazy" onClick=${(/** @type {any} */ e) => enlarge(e, t)}
    onError=${(/** @type {any} */ event) => { event.currentTarget.parentElement.hidden = true; }} />
  <button class="round" aria-label=${t('enlarge')} onClick=${(/** @type {any} */ e) => enlarge(e, t)}><${Icon} name="zoom" /></button></div>`;

/** @param {{url?: string, children: any, t: any}} props */
const More = ({ url, children, t }) => safeUrl(url) && html`<a class="button quiet" href=${safeUrl(url)} target="_blank"
  rel="noopener noreferrer">${children}<${Icon} name="out" /><span class="sr">${t('closed_announce')}</span></a>`;

/** @param {any} step @param {any} following @returns {string} the last step done is where the order is now */
const stateOf = (step, following) => step.state ?? (!step.done ? 'next' : following && !following.done ? 'now' : 'done');

/** @param {string} value a date as ISO, in the reader's way; other words as they are @param {string} locale @param {any} how */
const day = (value, locale, how) => (/^\d{4}-\d\d-\d\d/.test(value)
  // A bare date is a day in the calendar, not midnight in Greenwich.
  ? new Date(value.length === 10 ? `${value}T12:00` : value).toLocaleDateString(locale, how) : value);

/** @param {{card: any, ctx: any}} props */
const Order = ({ card, ctx: { t, locale, number, theirs } }) => html`
  <div class="card-head"><${Icon} name="box" /><strong>${t('order', { number: card.number })}</strong>
    ${card.status && html`<span class="tag" ...${theirs}>${card.status}</span>`}</div>
  ${card.eta && html`<p>${t('arrives', { eta: day(card.eta, locale, { weekday: 'long', day: 'numeric', month: 'long' }) })}
    ${card.late && html`<br /><span class="failed">${t('late')}</span>`}</p>`}
  ${card.steps?.length > 0 && html`<ol class="track">${card.steps.map((/** @type {any} */ step, /** @type {number} */ i) => {
    const state = stateOf(step, card.steps[i + 1]);
    return html`<li class=${state} aria-current=${state === 'now' ? 'step' : undefined}>
      <span class="dot">${state === 'done' && html`<${Icon} name="check" />`}</span>
      <span><span ...${theirs}>${step.label}</span><span class="sr">, ${t(`step_${state}`)}</span></span>
      ${step.at && html`<small>${day(step.at, locale, { day: 'numeric', month: 'short' })}</small>`}</li>`;
  })}</ol>`}
  ${card.items?.length > 0 && html`<ul class="items">${card.items.map((/** @type {any} */ item) => html`
    <li><span>${item.quantity > 1 && html`${number(item.quantity)} × `}<span ...${theirs}>${item.title ?? item.name}</span></span>
      ${item.price && html`<span dir="auto">${item.price}</span>`}</li>`)}</ul>`}
  ${card.total && html`<p class="row"><span>${t('total')}</span><strong dir="auto">${card.total}</strong></p>`}
  ${card.tracking && html`<p class="row"><span>${t('tracking')}</span><span dir="auto">${card.tracking}</span></p>`}
  <${More} url=${card.tracking_url} t=${t}>${t('track')}<//>
  <${More} url=${card.url} t=${t}>${t('order_open')}<//>`;

/** @param {{card: any, ctx: any}} props */
const Guide = ({ card, ctx: { t, theirs } }) => html`
  ${card.step && html`<p class="tag">${card.of ? t('guide_step_of', { n: card.step, of: card.of }) : t('guide_step', { n: card.step })}</p>`}
  ${card.title && html`<strong ...${theirs}>${card.title}</strong>`}
  ${card.text && html`<div ...${theirs}>${richText(card.text)}</div>`}
  <${Picture} src=${card.picture ?? card.image} alt=${card.alt} lang=${theirs.lang} kind="drawn" t=${t} />`;

/** @param {{card: any, ctx: any}} props */
const Product = ({ card, ctx: { t, theirs } }) => html`
  <${Picture} src=${card.image} alt=${card.alt} lang=${theirs.lang} t=${t} />
  <p class="row"><strong ...${theirs}>${card.title}</strong>${card.price && html`<span dir="auto">${card.price}</span>`}</p>
  ${card.text && html`<div ...${theirs}>${richText(card.text)}</div>`}
  <${More} url=${card.url} t=${t}>${t(card.kind === 'product' ? 'product_open' : 'more')}<//>`;

/** @param {{card: import('./types').Card, ctx: any}} props an unknown kind is shown as far as it can be */
export const Card = ({ card, ctx }) => html`<div class="card">
  <${card.kind === 'order' ? Order : card.kind === 'guide' ? Guide : Product} card=${card} ctx=${ctx} /></div>`;
