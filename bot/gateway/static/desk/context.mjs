// Right pane: all an agent needs in order not to ask again.
import { html } from '../widget/dom.mjs';
import { actOnRecovery, select, set, state } from './state.mjs';
import { bare, moment, mood, percent, plain, reason, span, when } from './words.mjs';

/** @param {{title: string, children: any, open?: boolean, count?: number}} props */
const Section = ({ title, children, open = true, count }) => html`<details class="section" open=${open}>
  <summary><h2>${title}${count ? html` <span class="count">${count}</span>` : ''}</h2></summary><div class="stack">${children}</div></details>`;

const Facts = ({ rows }) => html`<dl class="facts">${rows.filter(([, value]) => value || value === 0).map(([name, value]) => html`<dt>${name}</dt><dd>${value}</dd>`)}</dl>`;

function textOf(value) {
  if (value === null || value === undefined) return '';
  if (typeof value !== 'object') return String(value);
  return bare(String(value.title ?? value.text ?? value.step ?? value.name ?? value.id ?? JSON.stringify(value)));
}

/** @returns {[string, any[]][]} the steps below the name of their guide, in their order */
function guidesOf(steps) {
  /** @type {Map<string, any[]>} */ const found = new Map();
  for (const step of steps) found.set(step.guide ?? '', [...(found.get(step.guide ?? '') ?? []), step]);
  return [...found];
}

function Handoff() {
  const { packet, effort, case: one } = state.detail;
  const feeling = mood(one.mood);
  const filled = Object.entries(packet?.slots ?? {}).filter(([, value]) => value !== null && value !== '' && typeof value !== 'boolean');
  const cost = [[effort.customer_messages, 'message', 'messages'], [effort.misses, 'not understood'], [effort.repeats, 'repeated'], [effort.guide_steps, 'guide step', 'guide steps'], [effort.transfers, 'time passed on', 'times passed on'], [effort.reopened, 'time reopened', 'times reopened']]
    .filter(([count]) => count).map(([count, one, many]) => `${count} ${count === 1 ? one : many ?? one}`).join(', ');
  return html`<${Section} title=${packet ? 'Why a person is needed' : 'This case'}>
    <${Facts} rows=${[
      ['Reason', reason(one.reason)],
      ['About', one.intent && html`${plain(one.intent)} ${packet?.confidence ? html`<span class="muted">${percent(packet.confidence)} sure</span>` : ''}`],
      ['Mood', feeling && html`<span class=${`tag ${feeling.tone}`}>${feeling.word}</span>`],
      ['Effort so far', cost],
      ['Waited', effort.wait_s ? span(effort.wait_s) : ''],
      ...filled.map(([name, value]) => [plain(name), textOf(value)]),
    ]} />
    ${packet?.last_words?.length > 0 && html`<div><p class="muted small">In their words</p>${packet.last_words.map((words) => html`<blockquote>${words}</blockquote>`)}</div>`}
    ${packet?.files?.length > 0 && html`<div><p class="muted small">Files they sent</p><ul class="plain">${packet.files.map((name) => html`<li><bdi>${name}</bdi></li>`)}</ul></div>`}
    ${packet?.steps_tried?.length > 0 && html`<div><p class="muted small">Tried already</p>${guidesOf(packet.steps_tried).map(([guide, steps]) => html`${guide && html`<p class="small"><strong>${guide}</strong></p>`}
      <ol class="plain">${steps.map((step) => html`<li>${textOf(step)}${step.answer && html`<br /><strong class="small">→ ${step.answer}</strong>`}</li>`)}</ol>`)}</div>`}
    ${packet?.articles_shown?.length > 0 && html`<div><p class="muted small">Articles shown</p><ul class="plain">${packet.articles_shown.map((one) => html`<li>${textOf(one)}</li>`)}</ul></div>`}
    ${packet?.open_promises?.length > 0 && html`<div class="note warn"><p class="small"><strong>Promised</strong></p><ul class="plain">${packet.open_promises.map((one) => html`<li>${textOf(one)}</li>`)}</ul></div>`}
  <//>`;
}

/** @param {any} page @returns {string} where it is, without the site's own name */
function placeOf(page) {
  try { const { pathname, search } = new URL(page.url, 'https://site.invalid'); return pathname + search; } catch { return ''; }
}

/** What the website said of a page. It is whatever somebody's browser sent: shown as text, never as a link or a picture. */
function pageRows({ url, title, product, cart, order, data }) {
  return [
    ['Title', title], ['Address', url && html`<span title=${url}>${placeOf({ url })}</span>`],
    ['Product', product && [product.name ?? product.id, product.name && product.id, product.price].filter(Boolean).join(' · ')],
    ['Basket', cart && [cart.items && `${cart.items} ${cart.items === '1' ? 'piece' : 'pieces'}`, cart.total].filter(Boolean).join(' · ')],
    ['Order', order && [order.number, order.status].filter(Boolean).join(' · ')],
    ...Object.entries(data ?? {}),
  ];
}

function Page() {
  const { customer: { page, began_on: began }, packet } = state.detail;
  if (!page) return null;
  const moved = [['Case began on', began], ['Asked for a person on', packet?.page]].filter(([, one]) => one && one.url !== page.url);
  return html`<${Section} title="Page on the site">
    <${Facts} rows=${[...pageRows(page), ...moved.map(([name, one]) => [name, one.title ?? placeOf(one)])]} />
    <p class="muted small">As the website told it.</p>
  <//>`;
}

function Person() {
  const { customer } = state.detail;
  const { health } = customer;
  const tone = { red: 'bad', amber: 'warn', green: 'good' }[health.level] ?? '';
  return html`<${Section} title="Customer">
    <${Facts} rows=${[
      ['Name', customer.name],
      ['E-mail', customer.email ?? state.detail.case.email],
      ['Identity', customer.verified ? html`<span class="tag good">Signed in on the site</span>` : html`<span class="tag">Not verified</span>`],
      ['Health', health.score !== null && html`<span class=${`tag ${tone}`}>${health.score} of 100</span> <span class="muted small">from ${percent(health.coverage)} of what counts</span>`],
      ['Language', customer.locale], ['First seen', when(customer.since)],
    ]} />
    ${customer.scores.length > 0 && html`<div><p class="muted small">Last answers</p><ul class="plain">${customer.scores.map((one) => html`<li><strong>${one.kind.toUpperCase()} ${one.score}</strong> <span class="muted">${when(one.at)}</span>${one.comment && html`<br />“${one.comment}”`}</li>`)}</ul></div>`}
  <//>`;
}

function Recovery({ one }) {
  const mine = one.staff_id === state.config.me.id;
  const owner = mine ? 'You' : state.colleagues.find((other) => other.id === one.staff_id)?.name ?? (one.staff_id ? 'A colleague' : 'Nobody yet');
  return html`<div class=${`note ${one.closed_at ? 'good' : one.overdue ? 'bad' : 'warn'}`}>
    <${Facts} rows=${[
      ['Owner', owner], ['State', plain(one.state)],
      [one.closed_at ? 'Closed' : 'Due', `${moment(one.closed_at ?? one.due_at)}${one.overdue ? ', overdue' : ''}`],
      ['Cause', plain(one.cause)], ['Outcome', one.outcome],
    ]} />
    ${!one.closed_at && html`<p class="row">
      ${!mine && html`<button class="button small quiet" onClick=${() => actOnRecovery(one.id, 'claim')}>Take it</button>`}
      ${one.state === 'open' && html`<button class="button small" onClick=${() => actOnRecovery(one.id, 'contacted')}>Customer contacted</button>`}
      ${one.state === 'contacted' && html`<button class="button small" onClick=${() => set({ dialog: 'recovery', recovery: one.id })}>Close it</button>`}</p>`}
  </div>`;
}

export function Context() {
  if (!state.detail) return html`<aside class="pane context" aria-label="Details"></aside>`;
  const { recoveries, customer, asks, mails } = state.detail;
  return html`<aside class="pane context" aria-label="Details" key=${state.detail.case.id}><div class="scrolls">
    <button class="button quiet small back" onClick=${() => set({ pane: 'thread' })}>Conversation</button>
    ${recoveries.length > 0 && html`<${Section} title="Recovery">${recoveries.map((one) => html`<${Recovery} key=${one.id} one=${one} />`)}<//>`}
    <${Handoff} />
    <${Person} />
    <${Page} />
    ${customer.past_cases.length > 0 && html`<${Section} title="Earlier cases" count=${customer.past_cases.length} open=${false}><ul class="plain">${customer.past_cases.map((one) => html`<li>
      <button class="link" onClick=${() => select(one.id)}>${one.number}</button> ${plain(one.intent)} <span class="muted">${plain(one.status)}, ${when(one.opened_at)}</span></li>`)}</ul><//>`}
    <${Section} title="Asked, or why not" count=${asks.length} open=${asks.length > 0}>${asks.length ? html`<ul class="plain">${asks.map((one) => html`<li>
      <span class=${`tag ${one.asked ? 'good' : ''}`}>${one.kind.toUpperCase()} ${one.asked ? 'asked' : 'not asked'}</span> ${one.detail || plain(one.reason)} <span class="muted small">${when(one.at)}</span></li>`)}</ul>` : html`<p class="muted">Nothing was decided yet; it is after the case is resolved.</p>`}<//>
    ${mails.length > 0 && html`<${Section} title="E-mails" count=${mails.length} open=${false}><ul class="plain">${mails.map((one) => html`<li>${one.subject} <span class="muted">to ${one.to}, ${one.sent_at ? `sent ${when(one.sent_at)}` : 'waiting in the outbox'}</span></li>`)}</ul><//>`}
  </div></aside>`;
}
