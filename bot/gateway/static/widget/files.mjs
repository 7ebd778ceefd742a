// Files: those the customer is about to send, and those in the thread. Loaded when there is one.
import { Icon, PATHS, Part, html } from './dom.mjs';
import { device, tab } from './storage.mjs';

const KINDS = /^(image\/(png|jpeg|webp|gif)|application\/pdf|text\/(plain|csv|markdown))$/;
const NAMES = /\.(txt|log|md|csv)$/i;
const PICTURE = /^(png|jpeg|webp|gif)$/;
const EDGE = 260;

PATHS.file = 'M6 3h8l5 5v13H6zM14 3v5h5M9.5 13h6M9.5 17h6';

/** @param {number} bytes @param {string} locale */
const size = (bytes, locale) => {
  const [value, unit] = bytes < 999_500 ? [bytes / 1024, 'kilobyte'] : [bytes / 1_048_576, 'megabyte'];
  return new Intl.NumberFormat(locale, { style: 'unit', unit, maximumFractionDigits: value < 10 ? 1 : 0 }).format(Math.max(value, .1));
};

/** The server's address of a file, for this page. @param {string} url @param {string} base @param {string} [more] */
const address = (url, base, more = '') => new URL(`.${url}${more}`, base).href;

/**
 * @typedef {{key: number, name: string, bytes: number, at?: number, error?: string, again?: boolean, file?: File, request?: XMLHttpRequest,
 *   done?: import('./types').Attachment}} Item one file on its way to the server, or there
 */

/** What will go with the next message: each with its progress, and a way to take it back. */
export class Tray extends Part {
  static keys = 0;
  /** @type {Item[]} not in the state, which is renewed late; files that were uploaded before a reload are still there */
  items = (tab.get('files') ?? []).map((/** @type {any} */ done) => ({ key: ++Tray.keys, name: done.name, bytes: done.bytes, done }));

  /** What is uploaded and can be sent. */
  get ready() {
    return this.items.flatMap((it) => it.done ?? []);
  }

  get busy() {
    return this.items.some((it) => it.request);
  }

  get failed() {
    return this.items.some((it) => it.error);
  }

  get words() {
    const { session, locale } = this.props.ctx;
    const { bytes, files } = session.thread.uploads;
    return { size: size(bytes, locale), n: files };
  }

  componentDidMount() {
    if (this.ready.length) this.props.onchange();
  }

  /** @param {Item[]} items */
  show(items) {
    this.items = items;
    tab.set('files', this.ready.length ? this.ready : null);
    this.setState({});
    this.props.onchange();
  }

  /** @param {Item} item @param {Partial<Item>} change */
  change(item, change) {
    Object.assign(item, change);
    if (this.items.includes(item)) this.show(this.items);
  }

  /** @param {File[]} files checks them, and begins with those that can be sent */
  take(files) {
    const { t, announce, session } = this.props.ctx;
    const { bytes, files: most } = session.thread.uploads;
    const items = [...this.items];
    for (const file of files) {
      const words = { ...this.words, name: file.name };
      if (items.length >= most) {
        announce(t('file_many', words));
        break;
      }
      const wrong = file.size > bytes ? 'file_big' : KINDS.test(file.type) || NAMES.test(file.name) ? '' : 'file_type';
      /** @type {Item} */ const item = { key: ++Tray.keys, name: file.name, bytes: file.size, file };
      if (wrong) announce((item.error = t(wrong, words)));
      items.push(item);
    }
    this.show(items);
    for (const item of items) if (item.file && !item.error && !item.request && !item.done) this.upload(item);
  }

  /** @param {Item} item */
  upload(item) {
    const { t, options, announce } = this.props.ctx;
    const request = new XMLHttpRequest();
    /** @param {string} error @param {boolean} again whether trying once more may help */
    const fail = (error, again) => {
      announce(`${item.name}: ${error}`);
      this.change(item, { request: undefined, error, again });
    };
    request.open('POST', new URL('api/v1/visitor/uploads', options.base));
    request.setRequestHeader('authorization', `Bearer ${device.get('token')}`);
    request.setRequestHeader('content-type', 'application/octet-stream');
    let name = 'file';
    try { name = encodeURIComponent(item.name.slice(-200)); } catch { /* half a character in it: then without */ }
    request.setRequestHeader('x-file-name', name);
    request.upload.onprogress = (event) => event.lengthComputable && this.change(item, { at: event.loaded / event.total });
    request.onerror = () => fail(t('file_failed'), true);
    request.onload = () => {
      let answer = null;
      try { answer = JSON.parse(request.responseText); } catch { /* a proxy's page */ }
      if (request.status === 200 && answer) {
        announce(t('file_ready', { name: item.name }));
        this.change(item, { request: undefined, done: answer, bytes: answer.bytes });
      } else {
        const words = { ...this.words, name: item.name };
        if (answer?.title === 'bad_type') fail(t('file_type', words), false);
        else if (request.status === 413) fail(t('file_big', words), false);
        else fail(answer?.detail ?? t('file_failed'), request.status >= 500 || [401, 408, 429].includes(request.status) || answer?.title === 'not_whole');
      }
    };
    this.change(item, { request, at: 0, error: undefined });
    request.send(item.file);
  }

  /** @param {Item} item */
  remove(item) {
    const { options, focusComposer } = this.props.ctx;
    item.request?.abort();
    if (item.done) {
      // Nobody needs it any more; should this fail, the server deletes it in a day.
      fetch(new URL(`api/v1/visitor/uploads/${item.done.id}`, options.base), {
        method: 'DELETE', headers: { authorization: `Bearer ${device.get('token')}` },
      }).catch(() => {});
    }
    this.show(this.items.filter((it) => it.key !== item.key));
    focusComposer();
  }

  /** They went with a message. */
  clear() {
    this.show([]);
  }

  render() {
    const { ctx, drop, asked } = this.props;
    const { t, locale, options } = ctx;
    const { items } = this;
    return html`${drop && html`<p class="drop">${t('file_drop')}<small>${t('file_hint', this.words)}</small></p>`}
      ${items.length > 0 && html`<ul class="tray" aria-label=${t('files')}>${items.map((it) => html`<li key=${it.key} class=${it.error ? 'bad' : ''}>
        ${it.done && PICTURE.test(it.done.kind) ? html`<img src=${address(it.done.url, options.base, '&thumbnail=1')} alt="" />` : html`<${Icon} name="file" />`}
        <div><p><bdi>${it.name}</bdi></p>
          ${it.error ? html`<span class="failed">${it.error} ${it.again && html`<button type="button" class="plain" onClick=${() => this.upload(it)}>${t('retry')}</button>`}</span>`
            : it.request ? html`<progress max="1" value=${it.at} aria-label=${t('file_going', { name: it.name })} />` : html`<span class="muted">${size(it.bytes, locale)}</span>`}</div>
        <button type="button" class="round" aria-label=${t('file_remove', { name: it.name })} onClick=${() => this.remove(it)}><${Icon} name="close" /></button></li>`)}</ul>`}
      ${(asked || items.length > 0) && html`<p class="hint">${t('file_hint', this.words)}</p>`}`;
  }
}

/** A message's files: pictures as pictures, the others by name and size. */
export class Attached extends Part {
  /** @type {{fresh: Record<string, string>}} addresses that were asked for again */
  state = { fresh: {} };
  /** @type {any} */ asked = {};

  /** @param {any} file */
  url(file) {
    return this.state.fresh[file.id] ?? file.url;
  }

  /** A link lives an hour: get another. @param {any} file */
  async renew(file) {
    const answer = await fetch(new URL(`api/v1/visitor/uploads/${file.id}`, this.props.ctx.options.base), {
      headers: { authorization: `Bearer ${device.get('token')}` },
    });
    const { url } = await answer.json();
    this.setState({ fresh: { ...this.state.fresh, [file.id]: url } });
    return url;
  }

  /** @param {MouseEvent} event @param {any} file @param {string} more */
  async open(event, file, more) {
    const until = Number(new URLSearchParams(this.url(file).split('?')[1]).get('until')) * 1000;
    if (!until || until > Date.now() + 5_000) return;
    event.preventDefault();
    const link = document.createElement('a');
    Object.assign(link, { target: '_blank', rel: 'noopener' });
    link.href = address(await this.renew(file), this.props.ctx.options.base, more);
    link.click();
  }

  /** @param {any} file */
  broken(file) {
    if (this.asked[file.id]) return;
    this.asked[file.id] = true;
    this.renew(file).catch(() => {});
  }

  render() {
    const { files, ctx: { locale, options } } = this.props;
    return html`<div class="files">${files.map((/** @type {any} */ file) => {
      const drawn = PICTURE.test(file.kind);
      const more = drawn ? '&view=1' : '';
      const scale = Math.min(1, EDGE / file.width, EDGE / file.height);
      return html`<a key=${file.id} class=${drawn ? 'photo' : 'file'} target="_blank" rel="noopener"
        href=${address(this.url(file), options.base, more)} onClick=${(/** @type {any} */ e) => this.open(e, file, more)}>
        ${drawn
          ? html`<img src=${address(this.url(file), options.base, '&thumbnail=1')} alt=${file.name} loading="lazy"
              width=${Math.round(file.width * scale)} height=${Math.round(file.height * scale)} onError=${() => this.broken(file)} />`
          : html`<${Icon} name="file" /><span><bdi>${file.name}</bdi><small>${size(file.bytes, locale)}</small></span>`}</a>`;
    })}</div>`;
  }
}
