// What the assistant shows beside its words: an order, a product, a step of a guide.
import { Icon, html } from './dom.mjs';
import { richText, safeUrl } from './richtext.mjs';

/** @param {{src?: string, alt?: string}} props a picture that takes no place when it cannot be shown */
const Picture = ({ src, alt = '' }) => safeUrl(src) && html`<img class="picture" src=${safeUrl(src)} alt=${alt} loading="lazy"
  onError=${(/** @type {any} */ event) => { event.currentTarget.hidden = true; }} />`;

/** @param {{url?: string, children: any, t: any}} props */
const More = ({ url, children, t }) => safeUrl(url) && html`<a class="button quiet" href=${safeUrl(url)} target="_blank"
  rel="noopener noreferrer">${children}<${Icon} name="out" /><span class="sr">${t('closed_announce')}</span></a>`;

/** @param {any} step */
const stateOf = (step) => step.state ?? (step.done ? 'done' : 'next');

/** @param {{card: any, t: import('./types').Translate}} props */
const Order = ({ card, t }) => html`
  <div class="card-head"><${Icon} name="box" /><strong>${t('order', { number: card.number })}</strong>
    ${card.status && html`<span class="tag">${card.status}</span>`}</div>
  ${card.eta && html`<p>${t('arrives', { eta: card.eta })}</p>`}
  ${card.steps?.length > 0 && html`<ol class="track">${card.steps.map((/** @type {any} */ step) => html`
    <li class=${stateOf(step)} aria-current=${stateOf(step) === 'now' ? 'step' : undefined}>
      <span class="dot">${stateOf(step) === 'done' && html`<${Icon} name="check" />`}</span>
      <span>${step.label}<span class="sr">, ${t(`step_${stateOf(step)}`)}</span></span>
      ${step.at && html`<small>${step.at}</small>`}</li>`)}</ol>`}
  ${card.items?.length > 0 && html`<ul class="items">${card.items.map((/** @type {any} */ item) => html`
    <li><span>${item.quantity > 1 && html`${item.quantity} × `}${item.title ?? item.name}</span>
      ${item.price && html`<span>${item.price}</span>`}</li>`)}</ul>`}
  ${card.total && html`<p class="row"><span>${t('total')}</span><strong>${card.total}</strong></p>`}
  ${card.tracking && html`<p class="row"><span>${t('tracking')}</span><span>${card.tracking}</span></p>`}
  <${More} url=${card.url} t=${t}>${t('order_open')}<//>`;

/** @param {{card: any, t: import('./types').Translate}} props */
const Guide = ({ card, t }) => html`
  ${card.step && html`<p class="tag">${card.of ? t('guide_step_of', { n: card.step, of: card.of }) : t('guide_step', { n: card.step })}</p>`}
  ${card.title && html`<strong>${card.title}</strong>`}
  ${card.text && richText(card.text)}
  <${Picture} src=${card.image} alt=${card.alt} />`;

/** @param {{card: any, t: import('./types').Translate}} props */
const Product = ({ card, t }) => html`
  <${Picture} src=${card.image} alt=${card.alt} />
  <p class="row"><strong>${card.title}</strong>${card.price && html`<span>${card.price}</span>`}</p>
  ${card.text && richText(card.text)}
  <${More} url=${card.url} t=${t}>${t(card.kind === 'product' ? 'product_open' : 'more')}<//>`;

/** @param {{card: import('./types').Card, t: import('./types').Translate}} props an unknown kind is shown as far as it can be */
export const Card = ({ card, t }) => html`<div class="card">
  <${card.kind === 'order' ? Order : card.kind === 'guide' ? Guide : Product} card=${card} t=${t} /></div>`;
