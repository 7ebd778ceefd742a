// Speaks through a live region: only news, each once.
import { Part, html } from './dom.mjs';

const SAID_MS = 10_000;

/** What is said of a bot's text: the words without the marks. @param {string} text */
export const spoken = (text) => text.replace(/\*\*(.+?)\*\*/g, '$1').replace(/\[([^\]]+)\]\([^)]+\)/g, '$1');

export class Announcer extends Part {
  state = { said: [] };

  /** @param {string} text @param {string} [lead] who says it, when it is not we */
  say(text, lead) {
    const item = { text, lead };
    this.setState((/** @type {any} */ { said }) => ({ said: [...said, item] }));
    // Said is said: who reads on with a screen reader must not come across it again.
    setTimeout(() => this.setState((/** @type {any} */ { said }) => ({ said: said.filter((/** @type {any} */ it) => it !== item) })), SAID_MS);
  }

  render() {
    const { lang } = this.props.theirs;
    return html`<div class="sr" aria-live="polite">${this.state.said.map((/** @type {any} */ s) => html`
      <p>${s.lead && `${s.lead} `}${s.lead != null && lang ? html`<span lang=${lang}>${s.text}</span>` : s.text}</p>`)}</div>`;
  }
}
