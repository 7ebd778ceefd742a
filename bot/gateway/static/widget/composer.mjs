// Where the customer writes. The draft outlives a reload; Enter sends, also beside an input method.
import { Icon, Part, createRef, html } from './dom.mjs';
import { tab } from './storage.mjs';

const LIMIT = 2000;
const NEAR = 1900;

export class Composer extends Part {
  field = createRef();
  state = { text: tab.get('draft') ?? '' };

  /** @param {string} text */
  write(text) {
    tab.set('draft', text || null);
    this.setState({ text });
  }

  focus() {
    this.field.current.focus();
  }

  /** The server counts characters as people do, not UTF-16 units. */
  get over() {
    const { text } = this.state;
    return text.length > NEAR ? [...text.trim()].length - LIMIT : -1;
  }

  submit() {
    const text = this.state.text.trim();
    if (!text || this.over > 0) return;
    this.props.ctx.send(text);
    this.write('');
    this.focus();
  }

  /** @param {KeyboardEvent} event */
  key(event) {
    // 229 is what Safari reports for the Enter that ends a composition.
    if (event.key !== 'Enter' || event.shiftKey || event.isComposing || event.keyCode === 229) return;
    event.preventDefault();
    this.submit();
  }

  componentDidUpdate() {
    const field = this.field.current;
    if (CSS.supports('field-sizing', 'content')) return;
    field.style.height = 'auto';
    field.style.height = `${field.scrollHeight}px`;
  }

  render() {
    const { ctx } = this.props;
    const { t, session } = ctx;
    const { owner } = session.thread;
    const { over } = this;
    return html`<form class="composer" onSubmit=${(/** @type {any} */ e) => { e.preventDefault(); this.submit(); }}>
      ${(owner === 'bot' || owner === 'nobody') && html`<button type="button" class="human" disabled=${ctx.asking} onClick=${ctx.human}>
        <${Icon} name="person" />${t(ctx.asking ? 'human_asked' : 'human')}</button>`}
      <div class="field">
        <textarea ref=${this.field} rows="1" dir="auto" aria-label=${t('composer')} placeholder=${t('placeholder')} value=${this.state.text}
          aria-invalid=${over > 0 ? 'true' : undefined} aria-describedby=${over > 0 ? 'rapport-over' : undefined} enterkeyhint="send"
          onInput=${(/** @type {any} */ e) => { this.write(e.currentTarget.value); session.sayTyping(); }}
          onKeyDown=${(/** @type {any} */ e) => this.key(e)}></textarea>
        <button class="round send" aria-label=${t('send')} aria-disabled=${!this.state.text.trim() || over > 0 ? 'true' : 'false'}><${Icon} name="send" /></button></div>
      ${over > 0 && html`<p class="status failed" id="rapport-over" role="status">${t('too_long', { n: over })}</p>`}
    </form>`;
  }
}
