// One question, one tap. The score is saved on selection; the comment may follow, and the answer may change.
import { Icon, Part, createRef, html } from './dom.mjs';
import { answerOf } from './thread.mjs';

/** Mouths from very unhappy to very happy. */
const MOUTHS = ['M8 17q4-5 8 0', 'M8 16.5q4-2.5 8 0', 'M8 16h8', 'M8 15q4 3 8 0', 'M7.5 14.5q4.5 6 9 0'];

/** @param {{level: number}} props 1 to 5 */
export const Face = ({ level }) => html`<svg class="icon face" viewBox="0 0 24 24" aria-hidden="true">
  <circle cx="12" cy="12" r="9.5" /><path d="M9 9.5v.8M15 9.5v.8" /><path d=${MOUTHS[level - 1]} /></svg>`;

export class Rating extends Part {
  field = createRef();
  group = createRef();
  state = { score: null, comment: '', commented: false, back: false };

  /** @param {number} score */
  choose(score) {
    const { ctx, survey } = this.props;
    this.setState({ score });
    ctx.session.rate(survey.id, score, this.state.commented ? this.state.comment : undefined);
  }

  /** Arrow keys move without choosing: passing a number on the way is not an answer. @param {KeyboardEvent} event */
  move(event) {
    const next = /^Arrow(Down|Right)$/.test(event.key);
    if (!next && !/^Arrow(Up|Left)$/.test(event.key)) return;
    event.preventDefault();
    const radios = [...this.group.current.querySelectorAll('input')];
    const sideways = event.key === 'ArrowLeft' || event.key === 'ArrowRight';
    const step = next === (sideways && this.props.ctx.dir === 'rtl') ? -1 : 1;
    const at = radios.indexOf(/** @type {any} */ (event.target));
    radios[(at + step + radios.length) % radios.length].focus();
  }

  /** Put off: the server knows, or will as soon as it is reached. */
  get skipped() {
    const { survey, ctx: { session } } = this.props;
    return survey.skipped || session.pending.some((/** @type {any} */ { frame }) => frame.skip && frame.survey === survey.id);
  }

  skip() {
    const { ctx, survey } = this.props;
    ctx.session.skip(survey.id);
    this.setState({ back: false });
    ctx.focusComposer();
  }

  comeBack() {
    this.setState({ back: true }, () => this.group.current.querySelector('input').focus());
  }

  /** @param {Event} event */
  comment(event) {
    event.preventDefault();
    const { ctx, survey } = this.props;
    const comment = this.field.current.value.trim();
    if (!comment) return;
    ctx.session.rate(survey.id, this.score, comment);
    this.setState({ comment, commented: true });
    ctx.announce(ctx.t('comment_sent'));
    ctx.focusComposer();
  }

  get score() {
    return this.state.score ?? answerOf(this.props.survey)?.score ?? null;
  }

  render() {
    const { survey, ctx: { t, number, theirs } } = this.props;
    const { kind, id, min, max } = survey;
    const answered = answerOf(survey);
    const { score } = this;
    const given = score !== null || answered !== null;
    const commented = this.state.commented || Boolean(answered?.comment);
    if (!given && !this.state.back && this.skipped) {
      return html`<p class="muted small">${t('rate_skipped')} <button class="plain" onClick=${() => this.comeBack()}>${t('rate_after_all')}</button></p>`;
    }
    const values = Array.from({ length: max - min + 1 }, (_, i) => min + i);
    const faces = kind === 'csat' && max === 5;
    const low = survey.low ?? (kind === 'csat' ? '' : t(`${kind}_low`));
    const high = survey.high ?? (kind === 'csat' ? '' : t(`${kind}_high`));
    return html`<div class="card rating">
      <fieldset ref=${this.group} class=${kind} onKeyDown=${(/** @type {any} */ e) => this.move(e)}>
        <legend ...${theirs}>${survey.question}</legend>
        <div class="scale">${values.map((value) => html`<label key=${value}>
          <input type="radio" name=${`r-${id}`} value=${value} checked=${value === score} aria-describedby=${`k-${id}`}
            aria-label=${this.label(value, low, high, faces)} onChange=${() => this.choose(value)} />
          <span class="mark" aria-hidden="true">${faces
            ? html`<${Face} level=${value} /><small>${t(`csat_${value}`)}</small>` : number(value)}</span></label>`)}</div>
        ${!faces && (low || high) && html`<div class="ends" aria-hidden="true"><small>${number(min)} · <span ...${survey.low && theirs}>${low}</span></small>
          <small>${number(max)} · <span ...${survey.high && theirs}>${high}</span></small></div>`}
        <p class="sr" id=${`k-${id}`}>${t('rate_keys')}</p>
      </fieldset>
      ${given && html`<p class="saved"><${Icon} name="check" />${commented ? t('comment_sent') : t('rate_saved')}${' '}
        <small>${t('rate_change')}</small></p>`}
      ${score !== null && !commented && html`<form class="comment" onSubmit=${(/** @type {any} */ e) => this.comment(e)}>
        <label for=${`c-${id}`}>${t('comment')}</label>
        <textarea id=${`c-${id}`} ref=${this.field} rows="2" maxlength="1000"></textarea>
        <button class="button quiet">${t('comment_send')}</button></form>`}
      ${!given && html`<button class="plain" onClick=${() => this.skip()}>${t('rate_dismiss')}</button>`}
    </div>`;
  }

  /** @param {number} value @param {string} low @param {string} high @param {boolean} faces */
  label(value, low, high, faces) {
    const { survey, ctx: { t, number } } = this.props;
    if (faces) return t(`csat_${value}`);
    const end = value === survey.min ? low : value === survey.max ? high : '';
    return end ? `${number(value)}, ${end}` : number(value);
  }
}
