// The agent's desk: draws the state, and binds the keys.
import { html, render } from '../widget/dom.mjs';
import { Context } from './context.mjs';
import { Dialog, open } from './dialogs.mjs';
import { bind } from './keys.mjs';
import { List } from './list.mjs';
import { arrival, loadColleagues, onChange, rights, select, set, setDuty, state } from './state.mjs';
import { Thread, claim } from './thread.mjs';

const title = document.title;

function Banner() {
  if (state.live !== false) return null;
  return html`<p class="banner" role="alert">Connection lost. The queue and the conversation may be out of date; trying again …</p>`;
}

const Desk = () => html`<${Banner} />
  <div class="panes" data-pane=${state.pane}><${List} /><${Thread} /><${Context} /></div>
  ${state.toast && html`<div class=${`toast note ${state.toast.tone}`} role="alert"><span>${state.toast.text}</span>
    <button class="button small quiet" onClick=${() => set({ toast: null })}>Close</button></div>`}
  <p id="announcer" class="sr" role="status"></p>
  <${Dialog} />`;

const Duty = () => html`<label class="duty check"><input type="checkbox" role="switch" checked=${state.onDuty}
  onChange=${(event) => setDuty(event.currentTarget.checked)} /><span>On duty</span></label>
  <button class="button quiet small" aria-label="Keys" title="Keys (?)" onClick=${() => open('keys')}>?</button>`;

onChange(() => {
  render(html`<${Desk} />`, document.getElementById('desk'));
  render(html`<${Duty} />`, document.getElementById('duty'));
  const waits = state.queue?.items.length ?? 0;
  const answers = state.queue?.mine.filter((one) => one.last_author === 'customer').length ?? 0;
  document.title = waits + answers ? `(${waits + answers}) ${title}` : title;
});

/** Choose the neighbour of the chosen case, and put the focus there. @param {number} step */
function move(step) {
  const lines = [...document.querySelectorAll('#lines .line')];
  if (!lines.length) return;
  const at = lines.findIndex((line) => line.dataset.case === state.selected);
  const line = lines[Math.max(0, Math.min(lines.length - 1, at + step))] ?? lines[0];
  select(line.dataset.case, false);
  line.focus();
}

const write = (note) => {
  set({ note, pane: 'thread' });
  queueMicrotask(() => document.getElementById('words')?.focus());
};
const when = (allowed, name) => { if (allowed) open(name); };
/** What is done with the chosen case waits until it is here; who has gone on to another by then did not mean that one. */
const here = async (work) => {
  const id = state.selected;
  await arrival();
  if (state.selected === id) work();
};

bind({
  next: () => move(1),
  previous: () => move(-1),
  enter: (event) => {
    const line = event.target.closest('.line');
    if (line && line.dataset.case !== state.selected) { select(line.dataset.case); return; }
    here(() => {
      if (rights().claim) claim();
      else if (state.detail) write(!rights().mine);
    });
  },
  write: () => here(() => state.detail && write(!rights().mine)),
  note: () => here(() => state.detail && write(true)),
  resolve: () => here(() => when(rights().resolve, 'resolve')),
  transfer: () => here(() => when(rights().pass, 'transfer')),
  back: () => here(() => when(rights().back, 'hand-back')),
  keys: () => open('keys'),
});

document.getElementById('desk').textContent = '';
set({});
loadColleagues().catch(() => {});
