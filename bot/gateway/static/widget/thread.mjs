// The conversation as the customer's screen knows it: a pure function of the frames received.
/** @typedef {import('./types').Thread} Thread */
/** @typedef {import('./types').Message} Message */

/** @returns {Thread} */
export const emptyThread = () => ({
  conversation: null, seq: 0, items: [], owner: 'bot', agent: null, case: null, caseStatus: null, queue: null, ticket: null, company: null, uploads: null,
});

/** @param {any} agent a name, or an object that has one */
const nameOf = (agent) => agent?.name ?? agent ?? null;

/** @param {Thread} thread @param {any} frame a welcome or a state @returns {Thread} */
const withOwner = (thread, frame) => ({
  ...thread,
  owner: frame.owner ?? thread.owner,
  agent: nameOf(frame.agent),
  case: frame.case ?? null,
  caseStatus: frame.case_status ?? thread.caseStatus,
  queue: frame.owner === 'queue' ? thread.queue : null,
  ticket: frame.ticket ? frame.number : null,
});

/** @param {Message} message @param {import('./types').Update} update @returns {Message} */
function patched(message, update) {
  const { type, seq, of, survey, invitation, answered, choice, ...plain } = /** @type {any} */ (update);
  const next = { ...message, ...plain };
  if (next.survey && (survey || answered !== undefined)) {
    next.survey = { ...next.survey, ...(survey ?? { answered }) };
  }
  if (next.invitation && invitation) next.invitation = { ...next.invitation, ...invitation };
  if (choice) next.chosen = choice.id ?? choice;
  return next;
}

/**
 * The thread after one frame. Frames must come in the order of their seq; the session sees to it.
 * @param {Thread} thread @param {any} frame @returns {Thread}
 */
export function applyFrame(thread, frame) {
  const seq = Math.max(thread.seq, frame.seq ?? 0);
  switch (frame.type) {
    case 'welcome':
      return { ...withOwner(thread, frame), conversation: frame.conversation, company: frame.company ?? null, uploads: frame.uploads ?? null };
    case 'message':
      return { ...thread, seq, items: [...thread.items, frame] };
    case 'state':
      return { ...withOwner(thread, frame), seq };
    case 'update':
      return { ...thread, seq, items: thread.items.map((m) => (m.seq === frame.of ? patched(m, frame) : m)) };
    case 'queue':
      return { ...thread, queue: { position: frame.position, wait_s: frame.wait_s ?? null } };
    case 'resync': {
      const from = { ...thread, seq: 0, items: [] };
      return { ...frame.messages.reduce(applyFrame, from), seq: frame.seq };
    }
    default:
      return thread;
  }
}

/** @param {Message} message whether it came from the other side @returns {boolean} */
export const isIncoming = (message) => message.author !== 'customer';

/** @param {any} survey @returns {{score: number | null, comment: string} | null} null while unanswered */
export function answerOf(survey) {
  const { answered } = survey;
  if (answered == null || answered === false) return null;
  if (typeof answered === 'object') return { score: answered.score ?? null, comment: answered.comment ?? '' };
  return { score: typeof answered === 'number' ? answered : (survey.score ?? null), comment: survey.comment ?? '' };
}
