// What the two sides are called.

/** @param {any} message @param {import('./types').Translate} t @returns {string} */
export const nameOf = (message, t) => (message.author === 'customer' ? t('you') : message.name || t(message.author === 'agent' ? 'agent' : 'bot'));

/** @param {string} name */
export const initials = (name) => name.split(/\s+/).slice(0, 2).map((word) => [...word][0] ?? '').join('').toUpperCase();
