// One message: who, what, and, for the customer's own, how far it has come.
import { Icon, PATHS, html, later } from './dom.mjs';
import { initials } from './names.mjs';
import { plainText, richText } from './richtext.mjs';

PATHS.out = 'M14 5h5v5M19 5l-8 8M18 14v5H5V6h5';

const Card = later(() => import('./cards.mjs').then((it) => it.Card), 'cards.css', ({ card }) => [card.title, card.text, card.number].filter(Boolean).join(' '));
const Invitation = later(() => import('./invitation.mjs').then((it) => it.Invitation), 'cards.css', ({ invitation }) => invitation.title);
const Rating = later(() => import('./rating.mjs').then((it) => it.Rating), 'cards.css', ({ survey }) => survey.question);
const Files = later(() => import('./files.mjs').then((it) => it.Attached), 'files.css', ({ files }) => files.map((/** @type {any} */ file) => file.name).join(', '));

/** @param {{message: any}} props a face for the other side */
export const Avatar = ({ message: { author, name } }) => author !== 'customer' && html`<span class="avatar small" aria-hidden="true">
  ${author === 'agent' && name ? initials(name) : html`<${Icon} name=${author === 'agent' ? 'person' : 'bot'} />`}</span>`;

// What shows as a picture by itself; digits and the like are emoji only with the sign that says so.
const EMOJI = /^(\p{Emoji_Presentation}|\p{Emoji}\uFE0F)/u;
const FEW = 3;

/** @param {string} text @returns {boolean} whether it is one to three emoji and nothing else */
function onlyEmoji(text) {
  if (text.length > 40 || !Intl.Segmenter) return false;
  const signs = [...new Intl.Segmenter().segment(text.replace(/\s/g, ''))];
  return signs.length > 0 && signs.length <= FEW && signs.every(({ segment }) => EMOJI.test(segment));
}

/** @param {{message: any, ctx: any, offer: import('./types').Offer}} props quick replies; each may be used once, and it stays seen which was */
const Choices = ({ message, ctx, offer: { open, gone, chosen } }) => html`
  <div class="choices" role="group" aria-label=${ctx.t('choices')}>${message.choices.map((/** @type {any} */ choice) => {
    const mark = chosen === choice.id && html`<${Icon} name="check" /><span class="sr">${ctx.t('chosen')}: </span>`;
    return gone
      ? html`<span key=${choice.id} class="chip was" data-chosen=${chosen === choice.id} ...${ctx.theirs}>${mark}${choice.title}</span>`
      : html`<button key=${choice.id} class="chip" disabled=${!open} data-chosen=${chosen === choice.id} ...${ctx.theirs}
        onClick=${() => { ctx.session.choose(message, choice); ctx.focusComposer(); }}>${mark}${choice.title}</button>`;
  })}</div>`;

/** @param {{entry: any, ctx: any}} props a message on its way that could not be taken */
const Failed = ({ entry, ctx }) => html`<p class="status failed">${entry.error || ctx.t('failed')}
  <button class="plain" onClick=${() => ctx.session.retry(entry.frame.cid)}>${ctx.t('retry')}</button>
  <button class="plain" onClick=${() => { ctx.session.discard(entry.frame.cid); ctx.focusComposer(); }}>${ctx.t('discard')}</button></p>`;

/**
 * @param {object} props
 * @param {any} props.message
 * @param {any} props.ctx
 * @param {import('./types').Offer | undefined} props.choices how its quick replies are shown
 * @param {string | undefined} props.status
 * @param {any} props.entry its outbox entry, while it is on its way
 * @param {string} props.words the customer's latest comment, for a review
 */
export function Body({ message, ctx, choices, status, entry, words }) {
  const { t } = ctx;
  // A guide's step is also the message's text, for whoever cannot show cards.
  const shown = message.text === message.card?.text ? '' : message.text;
  const text = message.withdrawn ? t('withdrawn') : shown;
  // People write in any language; the assistant's and the system's texts have one.
  const own = message.withdrawn || message.author === 'customer' || message.author === 'agent';
  return html`
    ${text && html`<div class=${`bubble${message.withdrawn ? ' muted' : onlyEmoji(text) ? ' emoji' : ''}${entry ? ` is-${entry.status}` : ''}`} dir="auto" lang=${own ? undefined : ctx.theirs.lang}>
      ${message.author === 'bot' ? richText(text) : plainText(text)}
      ${message.edited && html`<small class="muted">${t('edited')}</small>`}</div>`}
    ${!message.withdrawn && html`
      ${message.attachments?.length > 0 && html`<${Files} files=${message.attachments} ctx=${ctx} />`}
      ${message.card && html`<${Card} card=${message.card} ctx=${ctx} />`}
      ${message.survey && html`<${Rating} survey=${message.survey} ctx=${ctx} />`}
      ${message.invitation && html`<${Invitation} invitation=${message.invitation} words=${words} ctx=${ctx} />`}
      ${choices && html`<${Choices} message=${message} ctx=${ctx} offer=${choices} />`}`}
    ${entry?.status === 'failed' ? html`<${Failed} entry=${entry} ctx=${ctx} />`
      : status && html`<p class="status">${status === 'sent' && html`<${Icon} name="check" />`}${t(status)}</p>`}`;
}
