// The desk's one state and what changes it. Hints say "look again"; the truth is asked over HTTP.
import { call, Refused } from '../console/api.mjs';
import { Live } from '../console/live.mjs';

const config = JSON.parse(document.getElementById('main')?.dataset.config ?? '{}');
const DRAFTS = 'rapport.desk.drafts';
const DUTY = 'rapport.desk.duty';

/** @param {Storage} storage @param {string} key @param {any} fallback */
function stored(storage, key, fallback) {
  try { return JSON.parse(storage.getItem(key) ?? 'null') ?? fallback; } catch { return fallback; }
}
function keep(storage, key, value) {
  try { storage.setItem(key, JSON.stringify(value)); } catch { /* a full or forbidden storage costs only convenience */ }
}

export const state = {
  config,
  queue: null,
  recoveries: [],
  colleagues: [],
  list: 'queue',
  pane: 'list',
  selected: new URLSearchParams(location.search).get('case'),
  detail: null,
  missing: false,
  pending: [],
  drafts: stored(sessionStorage, DRAFTS, {}),
  /** @type {Record<string, any[]>} by case, what is about to be sent */
  files: {},
  note: false,
  dialog: null,
  recovery: null,
  otherReason: false,
  toQueue: false,
  toast: null,
  typing: null,
  busy: false,
  live: null,
  onDuty: stored(localStorage, DUTY, true),
  now: Date.now(),
};

let draw = () => {};
let scheduled = false;
/** @param {() => void} how */
export const onChange = (how) => { draw = how; };

/** @param {Partial<typeof state>} changes */
export function set(changes) {
  Object.assign(state, changes);
  if (scheduled) return;
  scheduled = true;
  queueMicrotask(() => { scheduled = false; draw(); });
}

/** Soon, once, however often it is asked for. @param {() => Promise<void>} work @param {number} ms */
function settled(work, ms) {
  let timer = 0;
  return () => { clearTimeout(timer); timer = setTimeout(() => work().catch(report), ms); };
}

let toastTimer = 0;
/** @param {string} text @param {'bad'|'good'} [tone] */
export function toast(text, tone = 'bad') {
  clearTimeout(toastTimer);
  set({ toast: { text, tone } });
  toastTimer = setTimeout(() => set({ toast: null }), 8000);
}
/** @param {unknown} error */
function report(error) {
  if (error instanceof Refused) { if (error.status !== 401) toast(error.message); } else throw error;
}

// ---- reading
/** Questions are numbered as they are asked: the answer to an older one than is shown tells only what was. */
let asked = 0;
const newest = { queue: 0, detail: 0 };

export async function loadQueue() {
  const turn = ++asked;
  const [queue, recoveries] = await Promise.all([
    call('GET', `/api/v1/desk/queue?watching=${state.onDuty}`),
    call('GET', '/api/v1/desk/recoveries'),
  ]);
  if (turn < newest.queue) return;
  newest.queue = turn;
  set({ queue, recoveries: recoveries.items });
}

export async function loadDetail() {
  const id = state.selected;
  if (!id) return;
  const turn = ++asked;
  try {
    const detail = await call('GET', `/api/v1/desk/cases/${encodeURIComponent(id)}`);
    if (state.selected !== id) return;
    if (turn < newest.detail) detailSoon();
    else show(detail, turn);
  } catch (error) {
    if (error instanceof Refused && error.status === 404 && state.selected === id) set({ detail: null, missing: true });
    else throw error;
  }
}

/** @param {any} detail @param {number} turn */
function show(detail, turn) {
  newest.detail = turn;
  const fresh = state.detail?.case.id !== detail.case.id;
  // Live frames may be ahead of the answer: those stay.
  const ahead = fresh ? [] : state.detail.thread.filter((frame) => frame.seq > detail.seq);
  const said = new Set(detail.thread.map((frame) => frame.cid).filter(Boolean));
  set({
    detail: { ...detail, thread: [...detail.thread, ...ahead], seq: Math.max(detail.seq, ...ahead.map((frame) => frame.seq)) },
    missing: false,
    pending: state.pending.filter((one) => !said.has(one.cid)),
  });
  if (fresh) { state.typing = null; live.send({ type: 'open', case: detail.case.id, after: detail.seq }); }
}

const queueSoon = settled(loadQueue, 200);
const detailSoon = settled(loadDetail, 120);

/** @param {string} id @param {boolean} [andShow] on a phone: go to the thread */
export function select(id, andShow = true) {
  if (andShow) set({ pane: 'thread' });
  if (state.selected === id && state.detail) return;
  history.replaceState(null, '', `/desk?case=${encodeURIComponent(id)}`);
  set({ selected: id, detail: null, missing: false, dialog: null, note: false });
  arriving = loadDetail().catch(report);
}
let arriving = Promise.resolve();
/** Until the chosen case is here. */
export const arrival = () => arriving;

// ---- doing
/** @type {{deed: string, id: string, done: Promise<boolean>} | null} */ let doing = null;
/** What is pressed twice is done once; another deed waits for the one before. @param {string} deed @param {any} [body] @returns {Promise<boolean>} whether it was done */
export async function act(deed, body) {
  const id = state.selected;
  if (!id) return false;
  for (; doing; await doing.done) if (doing.deed === deed && doing.id === id) return false;
  doing = { deed, id, done: carryOut(id, deed, body) };
  return doing.done;
}

/** @param {string} id @param {string} deed @param {any} body */
async function carryOut(id, deed, body) {
  set({ busy: true });
  try {
    const detail = await call('POST', `/api/v1/desk/cases/${encodeURIComponent(id)}/${deed}`, body);
    if (state.selected === id && detail?.thread) show(detail, ++asked);
    else detailSoon();
    return true;
  } catch (error) {
    report(error);
    detailSoon();
    return false;
  } finally {
    doing = null;
    set({ busy: false });
    queueSoon();
  }
}

const makeId = () => crypto.randomUUID?.() ?? Array.from(crypto.getRandomValues(new Uint8Array(16)), (b) => b.toString(16).padStart(2, '0')).join('');

/** Say it; shown at once, and kept with a way to try again when it could not be sent. @param {string} text @param {any[]} files */
export async function say(text, files) {
  await send({ cid: makeId(), text, files, case: state.selected, at: new Date().toISOString(), failed: null });
}
/** @param {any} one */
export async function send(one) {
  const going = { ...one, failed: null };
  set({ pending: [...state.pending.filter((other) => other.cid !== one.cid), going] });
  try {
    await call('POST', `/api/v1/desk/cases/${encodeURIComponent(one.case)}/messages`, { cid: one.cid, text: one.text, attachments: one.files.map((file) => file.id) });
    detailSoon();
  } catch (error) {
    const why = error instanceof Error ? error.message : '';
    set({ pending: state.pending.map((other) => (other.cid === one.cid ? { ...other, failed: why } : other)) });
    report(error);
    detailSoon();
  }
}

/** @param {string} cid give up sending and take the words back into the composer */
export function takeBack(cid) {
  const one = state.pending.find((other) => other.cid === cid);
  set({ pending: state.pending.filter((other) => other.cid !== cid) });
  if (one) set({ files: { ...state.files, [one.case]: [...one.files, ...(state.files[one.case] ?? [])] } });
  if (one) draft(one.case, [one.text, draftOf(one.case)].filter(Boolean).join('\n'));
}

/** @param {string | null} id */
export const draftOf = (id) => state.drafts[id ?? ''] ?? '';
/** @param {string} id @param {string} text */
export function draft(id, text) {
  const drafts = { ...state.drafts };
  if (text) drafts[id] = text; else delete drafts[id];
  keep(sessionStorage, DRAFTS, drafts);
  set({ drafts });
}

let typed = 0;
export function typing() {
  if (Date.now() - typed > 2500) { typed = Date.now(); live.send({ type: 'typing' }); }
}

/** @param {boolean} on */
export function setDuty(on) {
  keep(localStorage, DUTY, on);
  set({ onDuty: on });
  live.send({ type: 'duty', on });
  queueSoon();
}

/** @param {string} id @param {string} deed @param {any} [body] */
export async function actOnRecovery(id, deed, body) {
  try {
    await call('POST', `/api/v1/desk/recoveries/${encodeURIComponent(id)}/${deed}`, body);
    return true;
  } catch (error) {
    report(error);
    return false;
  } finally {
    queueSoon();
    detailSoon();
  }
}

export async function loadColleagues() {
  const { items } = await call('GET', '/api/v1/desk/colleagues');
  set({ colleagues: items });
}

/** What the case allows this agent, in one place. */
export function rights() {
  const one = state.detail?.case;
  if (!one) return { mine: false, claim: false, act: false, reopen: false };
  const mine = one.owner === 'agent' && one.agent_id === config.me.id;
  const lead = config.me.role !== 'agent';
  return {
    mine,
    claim: one.status === 'open' && one.owner !== 'agent',
    pass: mine || (lead && one.owner === 'agent') || (one.owner === 'queue' && one.status === 'open'),
    back: mine || (lead && one.owner === 'agent'),
    resolve: mine,
    reopen: one.status !== 'open',
  };
}

// ---- live
/** What stands where the conversation was. */
export const ERASED = 'The customer’s data were erased on request. Nothing of this conversation is kept.';

function onFrame(frame) {
  if (frame.type === 'hint') {
    if (frame.topic !== 'desk') return;
    queueSoon();
    if (frame.subject === state.selected) detailSoon();
  } else if (frame.type === 'erased' && frame.conversation === state.detail?.conversation_id) {
    set({ detail: null, missing: 'erased', dialog: null, pending: [] });
    announce(ERASED);
    queueSoon();
  } else if (frame.type === 'typing') {
    set({ typing: { author: frame.author, name: frame.name, until: Date.now() + 6000 } });
  } else if (frame.seq && state.detail && frame.conversation === state.detail.conversation_id) {
    if (frame.seq <= state.detail.seq) return;
    const thread = [...state.detail.thread, frame];
    const typing = frame.type === 'message' && frame.author === state.typing?.author ? null : state.typing;
    set({
      detail: { ...state.detail, thread, seq: frame.seq },
      pending: state.pending.filter((one) => one.cid !== frame.cid),
      typing,
    });
    if (frame.type === 'state') { queueSoon(); detailSoon(); }
    if (frame.type === 'message' && frame.author === 'customer') announce(`${state.detail.case.customer}: ${[frame.text, ...(frame.attachments ?? []).map((file) => file.name)].filter(Boolean).join(', ')}`);
  }
}

/** Say it once to a screen reader; the log itself stays silent, or it would be read again and again. */
export function announce(text) {
  const place = document.getElementById('announcer');
  if (place) place.textContent = text;
}

function onState(isLive) {
  set({ live: isLive });
  if (!isLive) return;
  live.send({ type: 'duty', on: state.onDuty });
  // What was missed while away is simply asked for.
  loadQueue().catch(report);
  if (state.detail) live.send({ type: 'open', case: state.detail.case.id, after: state.detail.seq });
  arriving = loadDetail().catch(report);
}

const live = new Live({ onFrame, onState });
setInterval(() => set({ now: Date.now(), typing: state.typing && state.typing.until > Date.now() ? state.typing : null }), 1000);
setInterval(() => { if (!document.hidden) queueSoon(); }, 30000);
