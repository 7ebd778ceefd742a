// A Rollup plugin: htm's templates become plain calls at packing time, so that the browser gets neither parser nor templates.
// The parsing is htm's own: it is handed markers in place of the values, and a function that writes code in place of `h`.
import htm from 'htm/mini';

const CALL = 'rapport_h';
const MARK = /\0(\d+)\0/;

/** What stands in the template for a value: itself, a part of a string, or a spread. */
class Hole {
  constructor(index, code) {
    this.code = code;
    this[`\0${index}\0`] = true;
  }

  toString() {
    return Object.keys(this).find((key) => MARK.test(key));
  }
}

/** What a template or one of its elements has become. */
class Code {
  constructor(code) {
    this.code = code;
  }
}

/** @param {string[]} texts the template's own words @param {string[]} values the code between them @returns {string} */
function compiled(texts, values) {
  const holes = values.map((code, index) => new Hole(index, code));
  const value = (it) => {
    if (it instanceof Hole || it instanceof Code) return it.code;
    if (typeof it !== 'string' || !MARK.test(it)) return JSON.stringify(it);
    // `class="a ${b}"`: split gives texts and numbers in turn. Begun with a string, the sum is one.
    const parts = it.split(MARK).map((part, i) => (i % 2 ? `(${values[part]})` : part && JSON.stringify(part))).filter(Boolean);
    return ['""', ...parts].join('+');
  };
  const entry = ([name, it]) => (MARK.test(name) ? `...(${values[name.match(MARK)[1]]})` : `${JSON.stringify(name)}:${value(it)}`);
  const write = (tag, props, ...children) => {
    // A spread brings the hole's own `code` along; only the marker counts.
    const entries = Object.entries(props ?? {}).filter(([name]) => name !== 'code').map(entry);
    return new Code(`${CALL}(${[value(tag), entries.length ? `{${entries}}` : 'null', ...children.map(value)]})`);
  };
  const made = htm.bind(write)(texts, ...holes);
  return Array.isArray(made) ? `[${made.map(value)}]` : value(made);
}

const isTemplate = (node) => node.type === 'TaggedTemplateExpression' && node.tag.name === 'html';

/** @param {any} node @param {any[]} found templates that hold no other one are added @returns {boolean} whether any was met */
function innermost(node, found) {
  if (node === null || typeof node !== 'object') return false;
  const within = Object.values(node).map((part) => innermost(part, found)).some(Boolean);
  if (!isTemplate(node)) return within;
  if (!within) found.push(node);
  return true;
}

/** @param {string} call the module that exports `h` */
export const templates = (call) => ({
  name: 'templates',
  transform(source) {
    if (!source.includes('html`')) return null;
    let code = source;
    for (;;) {
      const found = [];
      innermost(this.parse(code), found);
      if (!found.length) break;
      for (const { start, end, quasi } of found.sort((a, b) => b.start - a.start)) {
        const values = quasi.expressions.map((part) => code.slice(part.start, part.end));
        code = code.slice(0, start) + compiled(quasi.quasis.map((part) => part.value.cooked), values) + code.slice(end);
      }
    }
    return { code: `import { h as ${CALL} } from ${JSON.stringify(call)};\n${code}`, map: null };
  },
});
