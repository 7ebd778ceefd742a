// Figures and codes as people say them.

/** @param {string} at */
export const clock = (at) => new Date(at).toLocaleTimeString([], { hour: '2-digit', minute: '2-digit' });

/** @param {string} at */
export const when = (at) => {
  const date = new Date(at);
  const today = date.toDateString() === new Date().toDateString();
  return today ? clock(at) : date.toLocaleDateString([], { day: 'numeric', month: 'short', year: 'numeric' });
};

/** Day and time, for a deadline. @param {string} at */
export const moment = (at) => new Date(at).toLocaleString([], { weekday: 'short', day: 'numeric', month: 'short', hour: '2-digit', minute: '2-digit' });

/** @param {number} seconds */
export function span(seconds) {
  const s = Math.max(0, Math.floor(seconds));
  if (s < 60) return `${s} s`;
  if (s < 3600) return `${Math.floor(s / 60)} min`;
  if (s < 86400) return `${Math.floor(s / 3600)} h ${Math.floor((s % 3600) / 60)} min`;
  return `${Math.floor(s / 86400)} d ${Math.floor((s % 86400) / 3600)} h`;
}

/** @param {string | null} code `track_order` → `Track order` */
export const plain = (code) => {
  const text = (code ?? '').replaceAll('_', ' ').trim();
  return text ? text[0].toUpperCase() + text.slice(1) : '';
};

/** @param {string} text what the assistant wrote, without its marks */
export const bare = (text) => text.replace(/\*\*(.+?)\*\*/g, '$1').replace(/\[([^\]]+)\]\((https?:[^\s)]+)\)/g, '$1 ($2)');

/** @param {number} bytes */
export const weight = (bytes) => (bytes < 999_500 ? `${Math.max(1, Math.round(bytes / 1024))} kB` : `${(bytes / 1_048_576).toFixed(1)} MB`);

/** @param {number | null | undefined} part */
export const percent = (part) => (part === null || part === undefined ? '' : `${Math.round(part * 100)} %`);

const REASONS = {
  asked_for_person: 'Asked for a person',
  bot_unavailable: 'The assistant was unavailable',
  two_misses_in_a_row: 'Not understood twice in a row',
  repeated_question: 'Had to repeat the question',
  anger: 'Angry',
  guide_dead_end: 'The guide could not solve it',
  guide_not_understood: 'The guide was not the right help',
  guide_going_in_circles: 'The guide went in circles',
  transferred: 'Passed on by a colleague',
};
/** @param {string | null} code */
export const reason = (code) => REASONS[code ?? ''] ?? plain(code);

/** How a mood from -1 to 1 is shown. @param {number} value */
export function mood(value) {
  if (value <= -0.5) return { word: 'Angry', tone: 'bad' };
  if (value < -0.1) return { word: 'Unhappy', tone: 'warn' };
  if (value > 0.3) return { word: 'Happy', tone: 'good' };
  return null;
}

/** @param {any} item a queue line: how long the wait is, and how bad that is */
export function waiting(item, now) {
  const seconds = item.since ? (now - Date.parse(item.since)) / 1000 : 0;
  return { text: span(seconds), tone: seconds > 300 ? 'bad' : seconds > 120 ? 'warn' : 'good', late: seconds > 300 };
}
