// Text to nodes, never to markup: paragraphs, bullet lists, **bold** and links, and nothing else.
import { h } from './dom.mjs';
import { safeUrl } from './urls.mjs';

/** @param {string} href @param {any} label */
const link = (href, label) => h('a', { href, target: '_blank', rel: 'noopener noreferrer nofollow' }, label);

// A sentence's full stop or a closing bracket is not part of the address.
const URLS = /https?:\/\/[^\s<>"']*[^\s<>"'.,;:!?)\]]/g;
const INLINE = /\*\*(.+?)\*\*|\[([^\]]+)\]\((https?:\/\/[^\s)]+)\)/g;

/**
 * @param {string} text @param {RegExp} pattern
 * @param {(match: RegExpMatchArray) => any} make @param {(plain: string) => any[]} rest
 */
function split(text, pattern, make, rest) {
  /** @type {any[]} */ const out = [];
  let from = 0;
  for (const match of text.matchAll(pattern)) {
    out.push(...rest(text.slice(from, match.index)), make(match));
    from = /** @type {number} */ (match.index) + match[0].length;
  }
  out.push(...rest(text.slice(from)));
  return out;
}

/** @param {string} text @returns {any[]} */
const linked = (text) => split(text, URLS, ([url]) => {
  const href = safeUrl(url);
  return href ? link(href, url) : url;
}, (plain) => (plain ? [plain] : []));

/** @param {string} text @returns {any[]} */
const inline = (text) => split(text, INLINE, ([whole, bold, label, url]) => {
  if (bold) return h('strong', null, ...linked(bold));
  const href = safeUrl(url);
  return href ? link(href, label) : whole;
}, linked);

/** @param {string[]} lines @param {(text: string) => any[]} words */
const withBreaks = (lines, words) => lines.flatMap((line, i) => (i ? [h('br', null), ...words(line)] : words(line)));

/** @param {string} text what a person typed: as it is, with links */
export const plainText = (text) => h('p', null, ...withBreaks(text.split('\n'), linked));

/** @param {string} text what the assistant says */
export function richText(text) {
  const blocks = [];
  for (const paragraph of text.split(/\n{2,}/)) {
    /** @type {{list: boolean, lines: string[]}[]} */
    const runs = [];
    for (const line of paragraph.split('\n')) {
      const item = line.match(/^\s*[-*•]\s+(.*)/);
      const last = runs[runs.length - 1];
      if (last?.list === Boolean(item)) last.lines.push(item ? item[1] : line);
      else if (item || line.trim()) runs.push({ list: Boolean(item), lines: [item ? item[1] : line] });
    }
    for (const { list, lines } of runs) {
      blocks.push(list
        ? h('ul', null, ...lines.map((line) => h('li', null, ...inline(line))))
        : h('p', null, ...withBreaks(lines, inline)));
    }
  }
  return blocks;
}
