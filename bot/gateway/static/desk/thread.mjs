// Middle pane: what was said, who has the case, and the composer.
import { Icon, Part, createRef, html } from '../widget/dom.mjs';
import { open as ask } from './dialogs.mjs';
import { ERASED, act, draft, draftOf, rights, say, send, set, state, takeBack, toast, typing } from './state.mjs';
import { attach, filesOf, remove, takeFiles } from './uploads.mjs';
import { bare, clock, percent, plain, weight } from './words.mjs';

const STATES = { queue: 'Waiting for a person', nobody: 'Closed' };

/** Frames in order become what is shown: updates go into the message they are of, states become lines. @param {any[]} frames */
export function read(frames) {
  const shown = [];
  const bySeq = new Map();
  let before = null;
  for (const frame of frames) {
    if (frame.type === 'message') {
      const one = { ...frame, key: frame.id };
      bySeq.set(frame.seq, one);
      shown.push(one);
    } else if (frame.type === 'note') {
      shown.push({ ...frame, key: frame.id });
    } else if (frame.type === 'update') {
      const of = bySeq.get(frame.of);
      if (of) of.changes = { ...of.changes, ...frame };
    } else if (frame.type === 'state') {
      const words = before?.case !== frame.case ? `Case ${frame.number ?? ''} begins`
        : before.case_status !== frame.case_status && frame.case_status !== 'open' ? plain(frame.case_status)
          : before.case_status !== frame.case_status ? 'Reopened' : before.owner !== frame.owner ? STATES[frame.owner] : null;
      before = frame;
      if (words) shown.push({ type: 'state', key: `s${frame.seq}`, text: words, at: frame.at });
    }
  }
  return shown;
}

const ACCEPT = 'image/png,image/jpeg,image/webp,image/gif,application/pdf,text/plain,.log,.csv,.md';
const DRAWN = ['png', 'jpeg', 'webp', 'gif'];

/** Pictures open large in a tab of their own; everything else is saved, and never opened here. */
const Files = ({ files }) => html`<ul class="attached">${files.map((file) => html`<li key=${file.id}>${DRAWN.includes(file.kind)
  ? html`<a class="photo" href=${`${file.url}?view=1`} target="_blank" rel="noopener"><img src=${`${file.url}?thumbnail=1`} alt=${file.name} loading="lazy" width=${file.width} height=${file.height} /></a>`
  : html`<a class="button small quiet" href=${file.url} download=${file.name}><${Icon} name="out" /><span><bdi>${file.name}</bdi> <small class="muted">${weight(file.bytes)}</small></span></a>`}</li>`)}</ul>`;

function Extras({ one }) {
  const changes = one.changes ?? {};
  const survey = one.survey && { ...one.survey, ...changes.survey };
  const invitation = one.invitation && { ...one.invitation, ...changes.invitation };
  const answer = survey && (survey.answered ?? null) !== null ? `answered ${survey.answered}` : 'not answered yet';
  return html`
    ${one.card && html`<p class="extra"><${Icon} name="box" />${plain(one.card.kind)}${one.card.title || one.card.number ? `: ${one.card.title ?? one.card.number}` : ''}</p>`}
    ${one.choices?.length > 0 && html`<ul class="offered">${one.choices.map((choice) => html`<li class=${choice.id === changes.chosen ? 'chosen' : ''}>${choice.title}${choice.id === changes.chosen ? html`<span class="sr"> (chosen)</span>` : ''}</li>`)}</ul>`}
    ${survey && html`<p class="extra"><${Icon} name="star" />${String(survey.kind).toUpperCase()} · ${answer}${survey.comment ? ` · “${survey.comment}”` : ''}</p>`}
    ${invitation && html`<p class="extra"><${Icon} name="gift" />Invited: ${invitation.title ?? plain(invitation.kind)}${invitation.answered ? ` · ${invitation.answered}` : ''}</p>`}`;
}

function Said({ one }) {
  if (one.type === 'state' || one.author === 'system') {
    return html`<li class="event"><span>${one.text}</span> <time datetime=${one.at}>${clock(one.at)}</time></li>`;
  }
  if (one.type === 'note') {
    return html`<li class="noted"><p class="by"><strong>Note by ${one.name}</strong> <span>only the team sees this</span> <time datetime=${one.at}>${clock(one.at)}</time></p><p class="text">${one.text}</p></li>`;
  }
  const who = one.author === 'customer' ? state.detail.case.customer : one.author === 'bot' ? 'Assistant' : one.name ?? 'Agent';
  const understood = one.author === 'customer' && one.nlu?.intent;
  return html`<li class=${`said ${one.author}`}>
    <p class="by"><strong>${who}</strong> <time datetime=${one.at} title=${new Date(one.at).toLocaleString()}>${clock(one.at)}</time></p>
    ${one.text && html`<p class="text">${one.author === 'bot' ? bare(one.text) : one.text}</p>`}
    ${one.attachments?.length > 0 && html`<${Files} files=${one.attachments} />`}
    <${Extras} one=${one} />
    ${one.changes?.read && html`<p class="understood">Seen</p>`}
    ${understood && html`<p class="understood">Understood as “${plain(one.nlu.intent)}”, ${percent(one.nlu.confidence)}</p>`}
  </li>`;
}

function Pending({ one }) {
  return html`<li class="said agent pending">
    <p class="by"><strong>${state.config.me.name}</strong> <span>${one.failed ? 'Not sent' : 'Sending …'}</span></p>
    ${one.text && html`<p class="text">${one.text}</p>`}
    ${one.files.length > 0 && html`<p class="extra">${one.files.map((file) => file.name).join(', ')}</p>`}
    ${one.failed && html`<p class="row"><button class="button small" onClick=${() => send(one)}>Try again</button>
      <button class="button small quiet" onClick=${() => takeBack(one.cid)}>Edit</button></p>`}
  </li>`;
}

class Log extends Part {
  box = createRef();
  atEnd = true;
  top = 0;
  last = null;

  componentDidUpdate() { this.follow(); }
  componentDidMount() {
    this.follow();
    // Pictures take their place late.
    this.grown = new ResizeObserver(() => this.follow());
    this.grown.observe(this.box.current);
    this.grown.observe(this.box.current.firstElementChild);
  }
  componentWillUnmount() { this.grown.disconnect(); }
  follow() {
    const box = this.box.current;
    const { id } = state.detail.case;
    if (box && (this.atEnd || this.last !== id)) {
      box.scrollTop = box.scrollHeight;
      this.scrolled();
    }
    this.last = id;
  }
  scrolled() {
    const box = this.box.current;
    const near = box.scrollHeight - box.scrollTop - box.clientHeight < 60;
    // What came in below moves the end away; only who scrolls up leaves it.
    this.atEnd = near || (this.atEnd && box.scrollTop >= this.top);
    this.top = box.scrollTop;
  }
  render() {
    const shown = read(state.detail.thread);
    const mine = state.pending.filter((one) => one.case === state.selected);
    let day = '';
    return html`<div class="log" ref=${this.box} tabindex="0" role="region" aria-label="Conversation"
        onScroll=${() => this.scrolled()}>
      <ol>${shown.map((one) => {
        const its = new Date(one.at).toDateString();
        const line = its !== day && html`<li class="day" key=${`d${its}`}>${new Date(one.at).toLocaleDateString([], { weekday: 'long', day: 'numeric', month: 'long' })}</li>`;
        day = its;
        return html`${line}<${Said} key=${one.key} one=${one} />`;
      })}
      ${mine.map((one) => html`<${Pending} key=${one.cid} one=${one} />`)}</ol>
      ${state.typing && html`<p class="typing">${state.typing.author === 'customer' ? state.detail.case.customer : state.typing.author === 'bot' ? 'The assistant' : state.typing.name ?? 'A colleague'} is writing …</p>`}
    </div>`;
  }
}

function whyLocked() {
  const { case: one } = state.detail;
  if (one.status !== 'open') return `This case is ${one.status}. Reopen it to write to the customer.`;
  if (one.owner === 'agent') return `${one.agent} has this case. You can leave a note for the team.`;
  return one.owner === 'bot' ? 'The assistant has this case. Claim it to answer, or leave a note.' : 'Claim this case to answer, or leave a note.';
}

/** Send what is in the composer; with `andResolve` the resolve dialog follows. @param {boolean} [andResolve] */
export async function submit(andResolve = false) {
  const id = state.selected;
  const text = draftOf(id).trim();
  const note = !rights().mine || state.note;
  if (!note && filesOf(id).some((one) => one.going)) {
    toast('Nothing was sent yet: a file is still being uploaded.');
    return;
  }
  if (id && (text || (!note && filesOf(id).length))) {
    if (note) {
      // What was written meanwhile is not part of it.
      if (await act('notes', { text })) draft(id, draftOf(id).replace(text, '').trimStart());
    } else {
      draft(id, '');
      say(text, takeFiles(id));
    }
  }
  if (andResolve && rights().resolve) ask('resolve');
}

function Composer() {
  const { mine } = rights();
  const note = !mine || Boolean(state.note);
  const id = state.selected;
  const text = draftOf(id);
  const files = filesOf(id);
  const mod = /Mac|iP/.test(navigator.platform) ? '⌘' : 'Ctrl';
  const keys = (event) => {
    if (event.isComposing) return;
    if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) { event.preventDefault(); submit(event.shiftKey); }
    if (event.key === 'Escape') { event.currentTarget.blur(); document.querySelector('.line[aria-current]')?.focus(); }
  };
  return html`<form class=${`composer ${note ? 'is-note' : ''}`} onSubmit=${(event) => { event.preventDefault(); submit(); }}>
    ${mine
      ? html`<div class="tabs" role="group" aria-label="What to write">
          <button type="button" class="tab" aria-pressed=${!note} onClick=${() => set({ note: false })}>Answer</button>
          <button type="button" class="tab" aria-pressed=${note} onClick=${() => set({ note: true })}>Note</button></div>`
      : html`<p class="locked">${whyLocked()}</p>`}
    <label class="sr" for="words">${note ? 'Note for the team' : 'Answer to the customer'}</label>
    <textarea id="words" rows="3" maxlength="4000" placeholder=${note ? 'A note only the team sees' : `Write to ${state.detail.case.customer}`}
      value=${text} onKeyDown=${keys} onInput=${(event) => { draft(id, event.currentTarget.value); if (!note) typing(); }}></textarea>
    ${!note && files.length > 0 && html`<ul class="attached" aria-label="Files to send">${files.map((file) => html`<li key=${file.key}>
      <button type="button" class="button small quiet" aria-label=${`Remove ${file.name}`} onClick=${() => remove(id, file.key)}><bdi>${file.name}</bdi>
        ${file.going ? html`<span class="muted">uploading …</span>` : html`<${Icon} name="close" />`}</button></li>`)}</ul>`}
    <div class="row spread">${!note && html`<label class="button quiet small pick"><${Icon} name="clip" />Attach<input type="file" class="sr" multiple accept=${ACCEPT}
        onChange=${(event) => { attach(id, [...event.currentTarget.files]); event.currentTarget.value = ''; document.getElementById('words')?.focus(); }} /></label>`}
      <span class="muted small">${mod} + Enter ${note ? 'saves' : 'sends'}</span>
      <button class=${`button ${note ? 'quiet' : ''}`} disabled=${state.busy || (note || !files.length ? !text.trim() : files.some((file) => file.going))}>${note ? 'Save the note' : 'Send'}</button></div>
  </form>`;
}

function Bar() {
  const { case: one } = state.detail;
  const may = rights();
  const owner = one.status !== 'open' ? plain(one.status) : one.owner === 'agent' ? (may.mine ? 'Yours' : `With ${one.agent}`) : one.owner === 'queue' ? (one.ticket ? 'Ticket, waiting' : 'Waiting') : 'With the assistant';
  const tone = one.status !== 'open' ? '' : may.mine ? 'accent' : one.owner === 'queue' ? 'warn' : '';
  const open = (dialog) => () => ask(dialog);
  return html`<header class="bar">
    <button class="button quiet small back" onClick=${() => set({ pane: 'list' })}>Cases</button>
    <div class="bar-title"><h2>${one.customer}</h2><p><span class="muted">${one.number}</span> <span class=${`tag ${tone}`}>${owner}</span></p></div>
    <div class="bar-acts">
      ${may.claim && html`<button class="button" disabled=${state.busy} onClick=${claim}>${one.owner === 'bot' ? 'Take over' : 'Claim'}</button>`}
      ${may.back && html`<button class="button quiet" onClick=${open('hand-back')}>Hand back</button>`}
      ${may.pass && html`<button class="button quiet" onClick=${open('transfer')}>Pass on</button>`}
      ${may.resolve && html`<button class="button" onClick=${open('resolve')}>Resolve</button>`}
      ${may.reopen && html`<button class="button quiet" onClick=${open('reopen')}>Reopen</button>`}
      <button class="button quiet small more" onClick=${() => set({ pane: state.pane === 'context' ? 'thread' : 'context' })}>Details</button>
    </div>
  </header>`;
}

export async function claim() {
  const id = state.selected;
  set({ note: false });
  if (await act('claim') && state.selected === id) document.getElementById('words')?.focus();
}

export function Thread() {
  if (!state.selected) {
    return html`<section class="pane thread nothing"><div class="empty"><p><strong>Choose a case</strong></p>
      <p><kbd>j</kbd> <kbd>k</kbd> move, <kbd>Enter</kbd> claims, <kbd>?</kbd> shows every key.</p></div></section>`;
  }
  if (state.missing) return html`<section class="pane thread nothing"><p class="empty">${state.missing === 'erased' ? ERASED : 'This case does not exist any more. It may have been erased on the customer’s request.'}</p></section>`;
  if (!state.detail) return html`<section class="pane thread nothing"><p class="empty">Loading …</p></section>`;
  return html`<section class="pane thread" aria-label=${`Case ${state.detail.case.number}`}>
    <${Bar} /><${Log} /><${Composer} /></section>`;
}
