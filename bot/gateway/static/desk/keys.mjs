// The desk's keys in one table: what binds them also writes the cheat sheet.

const MOD = /Mac|iP/.test(navigator.platform) ? '⌘' : 'Ctrl';

/** @type {{key: string, does?: string, says: string, shown?: string}[]} `does` names a command; without it the key is only listed */
export const KEYS = [
  { key: 'j', does: 'next', says: 'Next case' },
  { key: 'k', does: 'previous', says: 'Previous case' },
  { key: 'Enter', does: 'enter', says: 'Claim the chosen case, or write in your own' },
  { key: 'r', does: 'write', says: 'Write an answer' },
  { key: 'n', does: 'note', says: 'Write a note' },
  { key: 'e', does: 'resolve', says: 'Resolve' },
  { key: 't', does: 'transfer', says: 'Pass on' },
  { key: 'b', does: 'back', says: 'Hand back to the assistant' },
  { key: '?', does: 'keys', says: 'This list' },
  { key: 'mod+Enter', shown: `${MOD} + Enter`, says: 'Send, or save the note' },
  { key: 'mod+shift+Enter', shown: `${MOD} + Shift + Enter`, says: 'Send, then resolve' },
  { key: 'Escape', shown: 'Esc', says: 'Leave the composer, close a dialog' },
];

/** @param {{key: string, shown?: string}} key */
export const label = (key) => key.shown ?? key.key;

const WRITING = 'input, textarea, select, [contenteditable="true"]';

/** Bind the table's single keys; they rest while somebody writes or a dialog is open. @param {Record<string, (event: KeyboardEvent) => void>} commands */
export function bind(commands) {
  document.addEventListener('keydown', (event) => {
    const target = /** @type {HTMLElement} */ (event.target);
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    if (target.closest(WRITING) || document.querySelector('dialog[open]')) return;
    const inList = Boolean(target.closest('#lines'));
    if (event.key === 'Enter' && !inList && target !== document.body) return;
    const arrow = inList && { ArrowDown: 'next', ArrowUp: 'previous' }[event.key];
    const command = arrow || KEYS.find((one) => one.does && one.key === event.key)?.does;
    if (!command) return;
    event.preventDefault();
    commands[command]?.(event);
  });
}
