// The header's menu, and the question before a chat is ended. Fetched when the menu is first wanted.
import { Icon, PATHS, html } from './dom.mjs';

Object.assign(PATHS, {
  mute: 'M5 9v6h3l5 4V5L8 9H5ZM16.5 9.5l5 5M21.5 9.5l-5 5',
  sound: 'M5 9v6h3l5 4V5L8 9H5ZM16.5 9a4 4 0 0 1 0 6M19 6.5a8 8 0 0 1 0 11',
  wide: 'M4 12h16M8 8l-4 4 4 4M16 8l4 4-4 4',
});

/** @param {{ctx: any, pick: (act: () => void) => void}} props what can be done, one button each */
export function Menu({ ctx, pick }) {
  const { t, session: { thread: { owner } } } = ctx;
  /** @param {string} icon @param {string} words @param {() => void} act */
  const item = (icon, words, act) => html`<button onClick=${() => pick(act)}><${Icon} name=${icon} />${t(words)}</button>`;
  return html`
    ${owner !== 'agent' && owner !== 'queue' && item('person', 'human', ctx.human)}
    ${item('copy', 'menu_copy', () => ctx.turnTo('copy'))}
    ${item('box', 'menu_data', () => ctx.turnTo('data'))}
    ${ctx.muted ? item('sound', 'unmute', ctx.mute) : item('mute', 'mute', ctx.mute)}
    ${!ctx.phone && item('wide', ctx.wide ? 'narrower' : 'wider', ctx.widen)}
    ${owner !== 'nobody' && item('close', 'end', () => ctx.askEnd(Ending))}`;
}

/** @param {{t: import('./types').Translate, end(): void, cancel(): void}} props whether the chat shall really end */
export const Ending = ({ t, end, cancel }) => html`<div class="ending" role="group" aria-labelledby="rapport-end">
  <p><strong id="rapport-end">${t('end_sure')}</strong> ${t('end_note')}</p>
  <p class="buttons"><button class="button" onClick=${end}>${t('end_yes')}</button>
    <button class="button quiet" onClick=${cancel}>${t('end_no')}</button></p></div>`;
