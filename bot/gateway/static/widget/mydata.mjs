// What is held about the visitor, in their own hands: seen, taken away, erased; and a copy of the chat. Loaded on wish.
import { Icon, Part, createRef, html, style } from './dom.mjs';
import { device, uuid } from './storage.mjs';
import { strings } from './strings.mjs';

const LOOK_MS = 1_000;
const SOON_MS = 60_000;

/** @param {string} lang @returns {Promise<{default: import('./strings.mjs').Table}>} */
const load = (lang) => import(`./mydata/${lang}.mjs`);

/** What the server refuses it says in a sentence of its own. */
class Refused extends Error {}

/** @param {Blob} file @param {string} name */
function save(file, name) {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(file);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), SOON_MS);
}

/** @param {any} ctx @param {string} path @param {{method?: string, body?: object}} [how] */
async function call(ctx, path, { method = 'GET', body } = {}) {
  const response = await fetch(new URL(`api/v1/visitor/${path}`, ctx.options.base), {
    method,
    headers: { authorization: `Bearer ${device.get('token')}`, ...(body ? { 'content-type': 'application/json' } : {}) },
    body: body && JSON.stringify(body),
    cache: 'no-store', // else the browser lets what has the same address wait for each other
  });
  if (response.ok) return response;
  throw new Refused((await response.json()).detail);
}

/** A page over the chat: a modal dialog in its place. */
class Page extends Part {
  dialog = createRef();
  /** @type {any} */ state = { held: null, said: '', wrong: null, sure: false, state: '', sent: '' };

  componentDidMount() {
    this.dialog.current.showModal();
    this.focus('h2');
    this.look();
  }

  componentWillUnmount() {
    clearTimeout(this.timer);
  }

  timer = 0;
  cid = uuid();
  /** What the visitor has asked for and has not got yet. @type {Set<string>} */
  going = new Set();

  /** @param {string} what */
  focus(what) {
    this.dialog.current?.querySelector(what)?.focus();
  }

  // Nobody has asked for it, so nobody has to wait for it: a button pressed meanwhile does its work.
  look = () => this.attempt(async () => {
    const held = await (await call(this.props.ctx, 'data?format=summary')).json();
    this.setState({ held });
  });

  /** The same once at a time; another thing waits for none. @param {string} what @param {() => Promise<void>} work */
  async do(what, work) {
    if (this.going.has(what)) return;
    this.going.add(what);
    this.setState({});
    await this.attempt(work);
    this.going.delete(what);
    this.setState({});
  }

  /** What goes wrong is said in a sentence. @param {() => Promise<void>} work */
  async attempt(work) {
    this.setState({ wrong: null });
    try {
      await work();
    } catch (error) {
      const wrong = error instanceof Refused ? { text: error.message, theirs: true } : { text: this.props.t('away') };
      this.setState({ wrong }, () => this.dialog.current?.querySelector('.failed')?.scrollIntoView({ block: 'nearest' }));
    }
  }

  /** @param {string} path @param {string} name */
  download = (path, name) => this.do(name, async () => {
    save(await (await call(this.props.ctx, path)).blob(), name);
    this.setState({ said: this.props.t('saved') });
  });

  /** @param {KeyboardEvent} event */
  keys = (event) => {
    event.stopPropagation(); // neither the panel's keys nor the site's
    if (event.type === 'keydown' && event.key === 'Escape' && !event.isComposing) {
      event.preventDefault();
      if (this.state.sure) this.unsure();
      else this.done();
    }
  };

  done = () => {
    this.dialog.current.close();
    this.props.done();
  };

  unsure = () => this.setState({ sure: false }, () => this.focus('.erase'));

  erase = () => this.do('erase', async () => {
    const { ctx } = this.props;
    const { id } = await (await call(ctx, 'data', { method: 'DELETE' })).json();
    this.setState({ sure: false, state: 'running' }, () => this.focus('h2'));
    for (const key of device.keys('')) device.set(key, null);
    ctx.session.forget();
    ctx.session.reidentify();
    this.follow(id);
  });

  /** @param {string} id of the erasure, until it is complete */
  async follow(id) {
    const answer = await call(this.props.ctx, `erasures/${id}`).then((response) => response.json()).catch(() => ({}));
    if (answer.state === 'done') this.setState({ state: 'done' });
    else this.timer = setTimeout(() => this.follow(id), LOOK_MS);
  }

  /** @param {Event} event */
  send = (event) => {
    event.preventDefault();
    const { ctx, t } = this.props;
    const field = /** @type {HTMLInputElement} */ (this.dialog.current.querySelector('input'));
    if (!field.value.trim() || !field.checkValidity()) {
      this.setState({ wrong: { text: t('address_wrong') } }, () => field.focus());
      return;
    }
    this.do('send', async () => {
      const body = { cid: this.cid, email: field.value.trim(), zone: zone() };
      const { to } = await (await call(ctx, 'transcript', { method: 'POST', body })).json();
      device.set('email', to);
      this.setState({ sent: to }, () => this.focus('h2'));
    });
  };

  /** @param {string} title @param {any} body */
  frame(title, body) {
    const { t, ctx } = this.props;
    const { wrong, said } = this.state;
    return html`<dialog ref=${this.dialog} class="panel leaf" lang=${ctx.lang} dir=${ctx.dir} aria-labelledby="rapport-leaf"
        onKeyDown=${this.keys} onKeyUp=${this.keys} onKeyPress=${this.keys} onCancel=${(/** @type {any} */ e) => { e.preventDefault(); this.done(); }}>
      <header role="none"><button class="round" aria-label=${t('back')} onClick=${this.done}><${Icon} name="down" /></button>
        <div class="title"><h2 id="rapport-leaf" tabindex="-1">${title}</h2></div></header>
      <div class="leaf-body">${body}
        ${wrong && html`<p class="failed" ...${wrong.theirs ? ctx.theirs : {}}>${wrong.text}</p>`}</div>
      <div class="sr" role="status">${wrong ? wrong.text : said}</div>
    </dialog>`;
  }

  /** While it is looked up, and when that failed. */
  waiting() {
    const { t } = this.props;
    return this.state.wrong ? html`<p><button class="button quiet" onClick=${this.look}>${t('again')}</button></p>` : html`<p class="muted">${t('looking')}</p>`;
  }
}

const zone = () => Intl.DateTimeFormat().resolvedOptions().timeZone;

class MyData extends Page {
  /** @returns {[string, string][]} what is held, in words */
  lines() {
    const { ctx: { number, locale }, t } = this.props;
    const { held } = this.state;
    const count = (/** @type {number} */ n) => (n ? number(n) : t('none'));
    const day = held.since && new Date(held.since).toLocaleDateString(locale, { dateStyle: 'long' });
    /** @type {[string, string][]} */
    const lines = [
      [t('contact'), [held.name, held.email].filter(Boolean).join(', ') || t('anonymous')],
      [t('talks'), [t('messages', { n: held.messages }), day && t('since', { date: day })].filter(Boolean).join(', ')],
      [t('orders'), held.orders.join(', ') || t('none')],
      [t('files'), count(held.files)], [t('ratings'), count(held.ratings)], [t('invitations'), count(held.invitations)],
      [t('referrals'), count(held.referrals)], [t('stories'), count(held.testimonials)], [t('mails'), count(held.e_mails)],
      [t('notes'), count(held.notes)],
      [t('howlong'), `${t('until')} ${t('access', { n: held.access_days })}`],
    ];
    return lines;
  }

  render() {
    const { ctx, t } = this.props;
    const { held, sure, state } = this.state;
    if (state) return this.frame(t('title_data'), html`<p role="status">${t(state === 'done' ? 'erased' : 'erasing')}</p>
      ${state === 'done' && html`<p><button class="button" onClick=${this.done}>${t('anew')}</button></p>`}`);
    if (!held) return this.frame(t('title_data'), this.waiting());
    return this.frame(t('title_data'), html`<p>${t('about', { company: ctx.company })}</p>
      <dl>${this.lines().map(([name, value]) => html`<div><dt>${name}</dt><dd>${value}</dd></div>`)}</dl>
      <h3>${t('take')}</h3>
      <p class="buttons"><button class="button quiet" onClick=${() => this.download('data?format=html', 'my-data.html')}>${t('as_page')}</button>
        <button class="button quiet" onClick=${() => this.download('data', 'my-data.json')}>${t('as_data')}</button></p>
      ${sure ? html`<div class="card" role="group" aria-labelledby="rapport-sure">
          <p><strong id="rapport-sure">${t('sure')}</strong></p><p>${t('sure_what')}</p><p>${t('sure_kept')}</p>
          <p class="buttons"><button class="button" onClick=${this.erase}>${t('yes')}</button>
          <button class="button quiet" onClick=${this.unsure}>${t('no')}</button></p></div>`
        : html`<p><button class="button quiet erase" onClick=${() => this.setState({ sure: true }, () => this.focus('.card .quiet'))}>${t('erase')}</button></p>`}`);
  }
}

class Copy extends Page {
  render() {
    const { t } = this.props;
    const { held, sent } = this.state;
    const path = (/** @type {string} */ format) => `transcript?${new URLSearchParams({ format, zone: zone() })}`;
    return this.frame(t('title_copy'), html`<p>${t('copy_about')}</p>
      <p class="buttons"><button class="button quiet" onClick=${() => this.download(path('text'), 'chat.txt')}>${t('as_text')}</button>
        <button class="button quiet" onClick=${() => this.download(path('html'), 'chat.html')}>${t('to_print')}</button></p>
      ${sent ? html`<p class="saved" role="status"><${Icon} name="check" />${t('sent_to', { to: sent })}</p>`
        : held?.can_mail && html`<form class="comment" novalidate onSubmit=${this.send}><label for="rapport-to">${t('send_to')}</label>
          <input id="rapport-to" class="link" type="email" autocomplete="email" dir="ltr" defaultValue=${held.email ?? device.get('email') ?? ''} />
          <button class="button" aria-disabled=${this.going.has('send') ? 'true' : undefined}>${t('send_it')}</button></form>`}`);
  }
}

const PAGES = { data: MyData, copy: Copy };

/** @param {keyof typeof PAGES} name @param {string} locale @returns {Promise<{View: any, t: import('./types').Translate}>} */
export async function page(name, locale) {
  const [{ t }] = await Promise.all([strings(locale, load), style('cards.css'), style('mydata.css')]);
  return { View: PAGES[name], t };
}
