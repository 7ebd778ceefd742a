// The desk's questions before a deed, as native dialogs: focus goes in, stays in, and comes back.
import { Part, createRef, html } from '../widget/dom.mjs';
import { KEYS, label } from './keys.mjs';
import { act, actOnRecovery, loadColleagues, set, state } from './state.mjs';
import { plain } from './words.mjs';

const close = () => set({ dialog: null });

class Modal extends Part {
  box = createRef();
  componentDidMount() { this.box.current.showModal(); }
  render({ title, onSubmit, action, children, danger }) {
    const submit = async (event) => {
      event.preventDefault();
      if (!onSubmit || await onSubmit(new FormData(event.currentTarget))) close();
    };
    return html`<dialog ref=${this.box} aria-labelledby="dialog-title" onClose=${close} onClick=${(event) => { if (event.target === this.box.current) close(); }}>
      <form class="stack" onSubmit=${submit}>
        <h2 id="dialog-title">${title}</h2>
        ${children}
        <div class="buttons"><button type="button" class="button quiet" onClick=${close}>${action ? 'Cancel' : 'Close'}</button>
          ${action && html`<button class=${`button ${danger ? 'danger' : ''}`} disabled=${state.busy}>${action}</button>`}</div>
      </form></dialog>`;
  }
}

const Note = ({ hint }) => html`<label>Note for the team (optional)<textarea name="note" rows="3" maxlength="4000" placeholder=${hint}></textarea></label>`;

function Resolve() {
  const done = (form) => act('resolve', {
    reason: form.get('reason') === 'other' ? form.get('other') : form.get('reason'),
    survey: form.get('survey') === 'on', note: form.get('note') ?? '',
  });
  return html`<${Modal} title="Resolve this case" action="Resolve" onSubmit=${done}>
    <label>What was it in the end?
      <select name="reason" required autofocus onChange=${(event) => set({ otherReason: event.currentTarget.value === 'other' })}>
        ${state.config.reasons.map((one) => html`<option>${one}</option>`)}<option value="other">Something else …</option></select></label>
    ${state.otherReason && html`<label>In a few words<input name="other" maxlength="200" required /></label>`}
    <${Note} hint="What a colleague should know if the customer comes back" />
    <label class="check"><input type="checkbox" name="survey" checked />Let the assistant ask how it went</label>
    <p class="muted small">The customer is told. Whether a survey really goes out is decided by the ask budget; the reason is shown beside the case.</p>
  <//>`;
}

function Transfer() {
  const done = (form) => {
    const to = String(form.get('to'));
    return act('transfer', { ...(to ? { agent: to } : { team: form.get('team') ?? '' }), note: form.get('note') ?? '' });
  };
  const inQueue = state.detail.case.owner === 'queue';
  const others = state.colleagues.filter((one) => one.id !== state.detail.case.agent_id)
    .sort((one, other) => Number(other.present) - Number(one.present));
  const named = (one) => (one.id === state.config.me.id ? `${one.name} (you)` : `${one.name} · ${one.role}${one.present ? ' · here now' : ''}`);
  return html`<${Modal} title="Pass this case on" action="Pass on" onSubmit=${done}>
    <label>To<select name="to" autofocus onChange=${(event) => set({ toQueue: !event.currentTarget.value })}>
      ${others.map((one) => html`<option key=${one.id} value=${one.id}>${named(one)}</option>`)}
      ${!inQueue && html`<option value="">Back into the queue</option>`}</select></label>
    ${!inQueue && (state.toQueue || !others.length) && html`<label>For a team (optional)<input name="team" maxlength="60" placeholder="For instance: returns" /></label>`}
    <${Note} hint="What you found out, and what is promised" />
  <//>`;
}

const HandBack = () => html`<${Modal} title="Hand back to the assistant" action="Hand back" onSubmit=${(form) => act('hand-back', { note: form.get('note') ?? '' })}>
  <p>The customer is told, and the assistant answers from now on.</p><${Note} hint="Why the assistant can go on" /><//>`;

const Reopen = () => html`<${Modal} title="Reopen this case" action="Reopen" onSubmit=${(form) => act('reopen', { reason: form.get('reason') })}>
  <p>It becomes yours, and the customer sees that you joined.</p><label>Why<input name="reason" maxlength="200" required autofocus /></label><//>`;

const CloseRecovery = () => html`<${Modal} title="Close the recovery" action="Close it"
    onSubmit=${(form) => actOnRecovery(state.recovery, 'close', { cause: form.get('cause'), outcome: form.get('outcome') })}>
  <label>What caused it?<select name="cause" required autofocus>${state.config.causes.map((one) => html`<option value=${one}>${plain(one)}</option>`)}</select></label>
  <label>What was done for the customer?<textarea name="outcome" rows="3" maxlength="4000" required></textarea></label><//>`;

const Keys = () => html`<${Modal} title="Keys"><table><tbody>${KEYS.map((key) => html`<tr><th scope="row"><kbd>${label(key)}</kbd></th><td>${key.says}</td></tr>`)}</tbody></table>
  <p class="muted small">Single keys rest while you write.</p><//>`;

const ALL = { resolve: Resolve, transfer: Transfer, 'hand-back': HandBack, reopen: Reopen, recovery: CloseRecovery, keys: Keys };

export function Dialog() {
  const Which = ALL[state.dialog ?? ''];
  if (!Which || (!state.detail && state.dialog !== 'keys')) return null;
  return html`<${Which} key=${state.dialog} />`;
}

/** Open a dialog with what it needs. @param {string} name */
export function open(name) {
  if (name === 'transfer') loadColleagues().catch(() => {});
  set({ dialog: name, otherReason: false, toQueue: false });
}
