// Invitations: a link to share, a review to write, a story to tell. Each can be taken, put off, or refused for good.
import { Icon, PATHS, Part, createRef, html } from './dom.mjs';
import { Testimonial } from './testimonial.mjs';
import { safeUrl } from './urls.mjs';

Object.assign(PATHS, {
  share: 'M12 15V4M8 7.5 12 4l4 3.5M5 12v7h14v-7',
  mail: 'M4 6h16v12H4zM4 7l8 6 8-6',
  gift: 'M4 11h16v9H4zM3 7h18v4H3zM12 7v13M12 7S11 3 8.5 3a2 2 0 0 0 0 4H12Zm0 0s1-4 3.5-4a2 2 0 0 1 0 4H12Z',
  star: 'm12 4 2.5 5.2 5.5.8-4 4 1 5.7-5-2.7-5 2.7 1-5.7-4-4 5.5-.8L12 4Z',
  qr: 'M4 4h6v6H4zM14 4h6v6h-6zM4 14h6v6H4zM14 14h2v2h-2zM18 14h2M14 18v2M18 18h2v2h-2z',
  quote: 'M10 7H5v6h5zM10 13c0 3-2 4-4 4M19 7h-5v6h5zM19 13c0 3-2 4-4 4',
});

/** @type {Record<string, string>} */
const ICONS = { referral: 'gift', review: 'star', testimonial: 'quote' };

/** @param {string} text @param {HTMLTextAreaElement | HTMLInputElement | null} field where it stands, to select by hand */
async function copy(text, field) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    // No clipboard on plain http or when forbidden: select it, and if the old way fails too, the customer copies it.
    field?.focus();
    field?.select();
    return document.execCommand('copy');
  }
}

export class Invitation extends Part {
  card = createRef();
  field = createRef();
  state = { answer: null, copied: null, site: null, Qr: null };
  /** Words that had been given were taken back. */ withdrawn = false;

  /** @param {import('./types').Answer} answer @param {string} [words] a testimonial */
  say(answer, words) {
    const { ctx, invitation } = this.props;
    if (this.answer === answer && !words) return;
    this.withdrawn = Boolean(invitation.words) && answer !== 'done';
    ctx.session.answer(invitation.id, answer, words);
    this.setState({ answer }, () => {
      // The button that had the focus is gone: the card takes it, so that the keyboard does not start from the top.
      if (!this.card.current?.getRootNode().activeElement) this.card.current?.focus();
    });
    const closing = { later: this.later, never: 'invite_never_done', done: 'invite_thanks' }[/** @type {string} */ (answer)];
    if (!closing) return;
    ctx.announce(ctx.t(closing));
    if (answer !== 'done') ctx.focusComposer();
  }

  /** To copy, send or share the link is to take the invitation, and to have done it. */
  shared() {
    if (this.answer !== 'accept' && this.answer !== 'done') this.say('accept');
    this.say('done');
  }

  /** @param {string} text */
  async copy(text) {
    const copied = await copy(text, this.field.current);
    this.setState({ copied });
    this.props.ctx.announce(this.props.ctx.t(copied ? 'copied' : 'copy_by_hand'));
    return copied;
  }

  /** @param {string} url */
  async share(url) {
    const { t, company } = this.props.ctx;
    try {
      await navigator.share({ title: t('email_subject'), text: t('share_text', { company }), url });
      this.shared();
    } catch { /* the customer closed the sheet: nothing was shared */ }
  }

  async qr() {
    if (this.state.Qr) return this.setState({ Qr: null });
    try {
      const { Qr } = await import('./qr.mjs');
      this.setState({ Qr });
      if (this.answer === null) this.say('accept');
    } catch {
      this.props.ctx.announce(this.props.ctx.t('qr_failed'));
    }
    return undefined;
  }

  /** What is said of an invitation that waits: it was put off, or words that were given are taken back. */
  get later() {
    return this.withdrawn ? 'quote_withdrawn' : 'invite_later_done';
  }

  get answer() {
    return this.state.answer ?? this.props.invitation.answered ?? null;
  }

  render() {
    const { invitation, ctx: { t, theirs } } = this.props;
    const { answer } = this;
    const closed = answer === 'later' || answer === 'never';
    return html`<div class="card invite" ref=${this.card} tabindex="-1">
      <div class="card-head"><${Icon} name=${ICONS[invitation.kind] ?? 'gift'} /><strong ...${theirs}>${invitation.title}</strong></div>
      ${!closed && invitation.text && html`<p ...${theirs}>${invitation.text}</p>`}
      ${closed ? html`<p class="muted">${t(answer === 'later' ? this.later : 'invite_never_done')}</p>`
        : invitation.kind === 'referral' ? this.referral() : invitation.kind === 'review' ? this.review() : this.testimonial()}
      ${answer === 'later' && html`<button class="plain" onClick=${() => this.say('accept')}>${t('invite_again')}</button>`}
      ${(answer === null || answer === 'accept') && html`<p class="row quiet-row">
        <button class="plain" onClick=${() => this.say('later')}>${t('invite_later')}</button>
        <button class="plain" onClick=${() => this.say('never')}>${t('invite_never')}</button></p>`}
      ${answer === 'done' && invitation.kind !== 'testimonial' && html`<p class="saved"><${Icon} name="check" />${t('invite_thanks')}</p>`}
    </div>`;
  }

  referral() {
    const { invitation, ctx: { t } } = this.props;
    const url = safeUrl(invitation.url);
    if (!url) return this.yes('accept');
    // The invitation's own words speak to the customer, not to the friend.
    const body = `${t('share_text', { company: this.props.ctx.company })}\n\n${url}`;
    const mail = `mailto:?subject=${encodeURIComponent(t('email_subject'))}&body=${encodeURIComponent(body)}`;
    return html`<input class="link" dir="ltr" ref=${this.field} readonly value=${url} aria-label=${t('referral_link')}
        onFocus=${(/** @type {any} */ e) => e.currentTarget.select()} />
      ${invitation.code && html`<p class="muted">${t('referral_code', { code: invitation.code })}</p>`}
      <p class="buttons">
        <button class="button" onClick=${async () => { if (await this.copy(url)) this.shared(); }}>
          <${Icon} name=${this.state.copied ? 'check' : 'copy'} />${t(this.state.copied ? 'copied' : 'copy')}</button>
        ${'share' in navigator && html`<button class="button quiet" onClick=${() => this.share(url)}><${Icon} name="share" />${t('share')}</button>`}
        <a class="button quiet" href=${mail} onClick=${() => this.shared()}><${Icon} name="mail" />${t('email')}</a>
        <button class="button quiet" aria-expanded=${this.state.Qr ? 'true' : 'false'} onClick=${() => this.qr()}><${Icon} name="qr" />${t('qr')}</button></p>
      ${this.byHand()}
      ${this.state.Qr && html`<${this.state.Qr} id=${invitation.id} ctx=${this.props.ctx} />`}`;
  }

  /** Choose a site, take one's own words along, open the site, say that it is done. */
  review() {
    const { invitation, words, ctx: { t } } = this.props;
    if (this.answer === null) return this.yes('accept', 'review_start');
    if (this.answer === 'done') return null;
    const given = invitation.sites ?? (Array.isArray(invitation.url) ? invitation.url : [{ name: '', url: invitation.url }]);
    const sites = given.filter((/** @type {any} */ site) => safeUrl(site.url));
    const site = sites[this.state.site ?? 0];
    if (!site) return null;
    const name = site.name || new URL(site.url).hostname || t('review_here');
    return html`<ol class="walk">
      ${sites.length > 1 && html`<li><strong>${t('review_site')}</strong><div class="buttons">${sites.map((/** @type {any} */ s, /** @type {number} */ i) => html`
        <button class="chip" aria-pressed=${s === site ? 'true' : 'false'} onClick=${() => this.setState({ site: i })}>${s.name}</button>`)}</div></li>`}
      <li><strong id=${`w-${invitation.id}`}>${t('review_words')}</strong><small class="muted">${t('review_hint')}</small>
        <textarea ref=${this.field} rows="3" aria-labelledby=${`w-${invitation.id}`} defaultValue=${words ?? ''}></textarea>
        <button class="button quiet" onClick=${() => this.copy(this.field.current.value)}>
          <${Icon} name=${this.state.copied ? 'check' : 'copy'} />${t(this.state.copied ? 'copied' : 'review_copy')}</button>${this.byHand()}</li>
      <li><a class="button" href=${safeUrl(site.url)} target="_blank" rel="noopener noreferrer">${t('review_open', { name })}
        <${Icon} name="out" /><span class="sr">${t('closed_announce')}</span></a></li>
      <li><button class="button quiet" onClick=${() => this.say('done')}>${t('review_done')}</button></li></ol>`;
  }

  testimonial() {
    if (this.answer === null) return this.yes('accept');
    const { invitation, words, ctx } = this.props;
    return html`<${Testimonial} invitation=${invitation} answer=${this.answer} draft=${words} ctx=${ctx}
      say=${(/** @type {any} */ answer, /** @type {string} */ said) => this.say(answer, said)} />`;
  }

  /** Nothing could be put on the clipboard; the text stands selected. */
  byHand() {
    return this.state.copied === false && html`<p class="muted small">${this.props.ctx.t('copy_by_hand')}</p>`;
  }

  /** @param {import('./types').Answer} answer @param {string} [key] */
  yes(answer, key = 'invite_yes') {
    return html`<button class="button" onClick=${() => this.say(answer)}>${this.props.ctx.t(key)}</button>`;
  }
}
