// Where the customer writes. The draft outlives a reload; Enter sends, also beside an input method.
import { Icon, Part, createRef, fetched, html } from './dom.mjs';
import { tab } from './storage.mjs';

const LIMIT = 2000;
const NEAR = 1900;
const ACCEPT = 'image/png,image/jpeg,image/webp,image/gif,application/pdf,text/plain,.log,.csv,.md';
/** A number of characters left that lies beyond any limit. */
const FAR = -LIMIT;

export class Composer extends Part {
  field = createRef();
  picker = createRef();
  /** What will go along, once there is something. @type {{current: any}} */ tray = createRef();
  state = { text: tab.get('draft') ?? '', Tray: null, drop: false, asked: false };
  /** Sent as soon as the files are there. */ waits = false;
  /** @type {Promise<unknown> | undefined} until files that were chosen are in the tray */ coming;

  componentDidMount() {
    if (tab.get('files')) this.attach([]);
    const panel = this.field.current.closest('dialog');
    /** @param {any} event */
    const over = (event) => {
      const drop = event.type === 'dragover';
      if (![...event.dataTransfer.types].includes('Files') || !this.takesFiles) return;
      event.preventDefault();
      if (drop !== this.state.drop) this.setState({ drop });
      if (event.type === 'drop') this.attach(event.dataTransfer.files);
      else if (!this.state.Tray) this.attach([]);
    };
    for (const name of ['dragover', 'dragleave', 'drop']) panel.addEventListener(name, over);
  }

  get takesFiles() {
    return Boolean(this.props.ctx.session.thread.uploads);
  }

  /** Asks for files, and says meanwhile which. */
  choose() {
    this.picker.current.click();
    this.setState({ asked: true });
    this.attach([]);
  }

  /** @param {Iterable<File>} chosen */
  attach(chosen) {
    const files = [...chosen];
    const { ctx } = this.props;
    this.coming = fetched(ctx, () => import('./files.mjs'), 'files.css').then(({ Tray }) => new Promise((done) => { this.setState({ Tray }, () => done(0)); }))
      .then(() => files.length && this.tray.current?.take(files))
      .catch(() => files.length && ctx.announce(ctx.t('file_failed')));
  }

  /** @param {ClipboardEvent} event a picture; what has words too (cells of a table) is pasted as words */
  paste(event) {
    const { files, types } = /** @type {DataTransfer} */ (event.clipboardData);
    if (!files.length || types.includes('text/plain') || !this.takesFiles) return;
    event.preventDefault();
    this.attach(files);
  }

  /** The tray changed; a message that waited for it may go now. */
  changed = () => {
    this.setState({});
    if (!this.waits || this.tray.current?.busy) return;
    this.waits = false;
    if (!this.tray.current.failed) this.submit();
  };

  /** @param {string} text */
  write(text) {
    tab.set('draft', text || null);
    this.setState({ text });
  }

  empty() {
    this.waits = false;
    this.write('');
    this.tray.current?.clear();
    this.setState({ asked: false });
  }

  focus() {
    this.field.current.focus();
  }

  /** The server counts characters as people do, not UTF-16 units. */
  get over() {
    const { text } = this.state;
    return text.length > NEAR ? [...text.trim()].length - LIMIT : FAR;
  }

  async submit() {
    await this.coming;
    const text = this.state.text.trim();
    const tray = this.tray.current;
    const files = tray?.ready ?? [];
    const { ctx } = this.props;
    if (this.over > 0) return;
    if (tray?.busy) {
      this.waits = true;
      ctx.announce(ctx.t('file_wait'));
      return;
    }
    if (!text && !files.length) return;
    ctx.send(text, files);
    this.empty();
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
    const { Tray, drop, asked } = this.state;
    const empty = !this.state.text.trim() && !this.tray.current?.ready.length && !this.tray.current?.busy;
    return html`<form class="composer" onSubmit=${(/** @type {any} */ e) => { e.preventDefault(); this.submit(); }}>
      ${(owner === 'bot' || owner === 'nobody') && html`<button type="button" class="human" disabled=${ctx.asking} onClick=${ctx.human}>
        <${Icon} name="person" />${t(ctx.asking ? 'human_asked' : 'human')}</button>`}
      ${Tray && session.thread.uploads && html`<${Tray} me=${this.tray} ctx=${ctx} drop=${drop} asked=${asked} onchange=${this.changed} />`}
      <div class="field">
        ${session.thread.uploads && html`<input ref=${this.picker} type="file" hidden multiple accept=${ACCEPT}
          onChange=${(/** @type {any} */ e) => { this.attach(e.currentTarget.files); e.currentTarget.value = ''; this.focus(); }} />
        <button type="button" class="round" aria-label=${t('attach')} title=${t('attach')} onClick=${() => this.choose()}><${Icon} name="clip" /></button>`}
        <textarea ref=${this.field} rows="1" dir=${this.state.text ? 'auto' : undefined} aria-label=${t('composer')} placeholder=${t('placeholder')} value=${this.state.text}
          aria-invalid=${over > 0 ? 'true' : undefined} aria-describedby=${over > 0 ? 'rapport-over' : undefined} enterkeyhint="send"
          onInput=${(/** @type {any} */ e) => { this.write(e.currentTarget.value); session.sayTyping(); ctx.talk(); }}
          onPaste=${(/** @type {any} */ e) => this.paste(e)} onKeyDown=${(/** @type {any} */ e) => this.key(e)}></textarea>
        <button class="round send" aria-label=${t('send')} aria-disabled=${empty || over > 0 ? 'true' : 'false'}><${Icon} name="send" /></button></div>
      ${over > 0 && html`<p class="status failed" id="rapport-over" role="status">${t('too_long', { n: over })}</p>`}
      ${over <= 0 && over > NEAR - LIMIT && html`<p class="status">${t('chars_left', { n: -over })}</p>`}
    </form>`;
  }
}
