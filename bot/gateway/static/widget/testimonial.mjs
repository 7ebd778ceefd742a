// A customer's own words for the website: written, agreed to, and taken back, all in the invitation's card.
import { Icon, Part, createRef, html } from './dom.mjs';

const LIMIT = 1000;

export class Testimonial extends Part {
  field = createRef();
  agreed = createRef();
  state = { editing: false, agreed: false };

  /** @param {Event} event */
  send(event) {
    event.preventDefault();
    const words = this.field.current.value.trim();
    if (!words) return this.field.current.focus();
    this.setState({ editing: false });
    this.props.say('done', words);
    return undefined;
  }

  render() {
    const { invitation: { id, words }, answer, draft, say, ctx: { t } } = this.props;
    if (answer === 'done' && words && !this.state.editing) {
      return html`<blockquote dir="auto">${words}</blockquote><p class="saved"><${Icon} name="check" />${t('quote_sent')}</p>
        <p class="row quiet-row"><button class="plain" onClick=${() => this.setState({ editing: true, agreed: false }, () => this.field.current.focus())}>${t('quote_change')}</button>
        <button class="plain" onClick=${() => say('later')}>${t('quote_withdraw')}</button></p>`;
    }
    return html`<form class="comment" onSubmit=${(/** @type {any} */ e) => this.send(e)}>
      <label for=${`q-${id}`}>${t('review_words')}</label>
      <textarea id=${`q-${id}`} ref=${this.field} rows="4" dir="auto" required maxlength=${LIMIT} defaultValue=${words ?? draft ?? ''}></textarea>
      <label class="agree"><input type="checkbox" required checked=${this.state.agreed}
        onChange=${(/** @type {any} */ e) => this.setState({ agreed: e.currentTarget.checked })} /><span>${t('quote_consent')}</span></label>
      <button class="button">${t('quote_send')}</button></form>`;
  }
}
