// Left pane: who waits, who is whose, and the recoveries.
import { html } from '../widget/dom.mjs';
import { select, set, state } from './state.mjs';
import { bare, mood, reason, waiting, when } from './words.mjs';

/** @param {{item: any, group: string}} props */
function Line({ item, group }) {
  const wait = waiting(item, state.now);
  const feeling = mood(item.mood);
  const current = item.id === state.selected;
  const needsAnswer = group === 'mine' && item.last_author === 'customer';
  return html`<li><button class="line" data-case=${item.id} data-group=${group} aria-current=${current ? 'true' : undefined}
      onClick=${() => select(item.id)}>
    <span class="line-top">
      <strong>${item.customer}</strong>
      ${group === 'waiting'
        ? html`<span class=${`tag ${item.ticket ? '' : wait.tone}`}>${item.ticket ? 'Ticket · ' : ''}${wait.late && !item.ticket ? 'Late · ' : ''}${wait.text}</span>`
        : html`<span class="muted small">${when(item.last_at)}</span>`}
    </span>
    <span class="line-text">${item.last_text == null ? reason(item.reason) : item.last_author === 'bot' ? bare(item.last_text) : item.last_text}</span>
    <span class="line-tags">
      <span class="muted small">${item.number}</span>
      ${needsAnswer && html`<span class="tag accent">Answer</span>`}
      ${group === 'others' && html`<span class="tag">${item.agent}</span>`}
      ${item.team && group === 'waiting' && html`<span class="tag">${item.team}</span>`}
      ${group === 'waiting' && item.reason && html`<span class="muted small">${reason(item.reason)}</span>`}
      ${feeling && html`<span class=${`tag ${feeling.tone}`}>${feeling.word}</span>`}
    </span>
  </button></li>`;
}

/** @param {{title: string, items: any[], group: string, empty?: string, more?: boolean}} props */
function Group({ title, items, group, empty, more }) {
  if (!items.length && !empty) return null;
  return html`<section class="group" aria-label=${title}>
    <h2>${title} <span class="count">${items.length}${more ? '+' : ''}</span></h2>
    ${items.length ? html`<ul>${items.map((item) => html`<${Line} key=${item.id} item=${item} group=${group} />`)}</ul>` : html`<p class="empty">${empty}</p>`}
  </section>`;
}

function Waiting() {
  const { queue } = state;
  if (!queue) return html`<p class="empty">Loading the queue …</p>`;
  return html`
    <${Group} title="Mine" items=${queue.mine} group="mine" />
    <${Group} title="Waiting" items=${queue.items} group="waiting" more=${Boolean(queue.next)} empty="Nobody is waiting. Well done." />
    <${Group} title="With colleagues" items=${queue.others} group="others" />
    <${Group} title="With the assistant" items=${queue.bot} group="bot" />`;
}

function Recoveries() {
  if (!state.recoveries.length) return html`<p class="empty">No customer waits to be won back.</p>`;
  return html`<ul class="group">${state.recoveries.map(({ recovery: one, ...about }) => {
    const left = (Date.parse(one.due_at) - state.now) / 3600000;
    const tone = left < 0 ? 'bad' : left < 8 ? 'warn' : 'good';
    const due = left < 0 ? `Overdue since ${when(one.due_at)}` : left < 48 ? `Due in ${Math.max(1, Math.round(left))} h` : `Due ${when(one.due_at)}`;
    const owner = one.staff_id === state.config.me.id ? 'Yours' : about.owner ?? 'Nobody’s yet';
    return html`<li key=${one.id}><button class="line" data-case=${one.case_id} aria-current=${one.case_id === state.selected ? 'true' : undefined} onClick=${() => select(one.case_id)}>
      <span class="line-top"><strong>${about.customer}</strong><span class=${`tag ${tone}`}>${due}</span></span>
      <span class="line-text">${about.comment ? `“${about.comment}”` : 'No comment'}</span>
      <span class="line-tags"><span class="tag">${about.kind.toUpperCase()} ${about.score ?? ''}</span><span class="muted small">${owner} · ${one.state === 'contacted' ? 'contacted' : 'not contacted yet'}</span></span>
    </button></li>`;
  })}</ul>`;
}

export function List() {
  const tabs = [['queue', 'Cases', state.queue?.items.length ?? 0], ['recoveries', 'Recoveries', state.recoveries.length]];
  return html`<nav class="pane list" aria-label="Cases">
    <div class="tabs">${tabs.map(([id, title, count]) => html`<button class="tab" aria-pressed=${state.list === id} onClick=${() => set({ list: id })}>
      ${title}${count ? html` <span class="count">${count}</span>` : ''}</button>`)}</div>
    <div class="scrolls" id="lines">${state.list === 'queue' ? html`<${Waiting} />` : html`<${Recoveries} />`}</div>
  </nav>`;
}
