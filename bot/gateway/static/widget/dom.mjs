// The two browser libraries, and the small drawings. Drawn as nodes: no markup strings, so any host page's policy allows it.
import { Component, createRef, h, render } from '../vendor/preact.mjs';
import htm from '../vendor/htm.mjs';

export { createRef, h, render };

/** Preact 11 hands a class its `ref` as a plain prop; `me` says openly that the parent wants the component itself. */
export class Part extends Component {
  /** @param {any} props */
  constructor(props) {
    super(props);
    if (props.me) props.me.current = this;
  }

  /** @returns {any} */
  render() {
    return null;
  }
}
export const html = /* @__PURE__ */ htm.bind(h);

/** @type {ShadowRoot} the chat's, anew each time it is put on the page */ let root;
/** @type {Record<string, Promise<void> | undefined>} */ let worn = {};

/** @param {string} name */
async function put(name) {
  const get = () => fetch(new URL(name, import.meta.url));
  const response = await get().catch(get); // the first may be given a prefetch that failed
  if (!response.ok) throw new Error(`${name}: ${response.status}`);
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(await response.text());
  root.adoptedStyleSheets = [...root.adoptedStyleSheets, sheet];
}

/** A style sheet from beside this file, put on once. @param {string} name */
export const style = (name) => (worn[name] ??= put(name).catch((error) => {
  worn[name] = undefined;
  throw error;
}));

/** @param {ShadowRoot} to what is dressed from now on */
export function dress(to) {
  root = to;
  worn = {};
  return style('widget.css');
}

/**
 * What is fetched when it is first wanted: a module, its style sheet and the words of all such parts.
 * @template T @param {any} ctx @param {() => Promise<T>} load @param {string} sheet @returns {Promise<T>}
 */
export const fetched = (ctx, load, sheet) => Promise.all([load(), style(sheet), ctx.more()]).then(([it]) => it);

/**
 * A part of a message that is fetched when one is first shown. Where that fails its words stand alone: nothing said is lost.
 * @param {() => Promise<any>} load the part @param {string} sheet @param {(props: any) => any} words
 */
export function later(load, sheet, words) {
  return class extends Part {
    /** @type {any} */ state = {};

    componentDidMount() {
      fetched(this.props.ctx, load, sheet).then((It) => this.setState({ It }), () => this.setState({ failed: true }));
    }

    render() {
      const { It, failed } = this.state;
      return It ? h(It, this.props) : failed && h('p', { class: 'bubble' }, words(this.props));
    }
  };
}

/** @type {Record<string, string>} the drawings; parts that are fetched later add theirs */
export const PATHS = {
  close: 'm6 6 12 12M18 6 6 18',
  down: 'm6 9 6 6 6-6',
  more: 'M5 12h.01M12 12h.01M19 12h.01',
  clip: 'm20 11-8.5 8.5a5 5 0 0 1-7-7L13 4a3.4 3.4 0 0 1 4.8 4.8l-8.4 8.4a1.7 1.7 0 0 1-2.4-2.4l7.4-7.4',
  send: 'M12 20V5M5.5 11.5 12 5l6.5 6.5',
  person: 'M12 12a4 4 0 1 0 0-8 4 4 0 0 0 0 8ZM4.5 20a7.5 7.5 0 0 1 15 0',
  bot: 'M12 7V4M6 7h12a2 2 0 0 1 2 2v8a2 2 0 0 1-2 2H6a2 2 0 0 1-2-2V9a2 2 0 0 1 2-2ZM9 12v1.5M15 12v1.5',
  check: 'm5 12.5 4.5 4.5L19 7.5',
  copy: 'M9 9h10v11H9zM5 15V4h10',
  box: 'm4 8 8-4 8 4v8l-8 4-8-4V8ZM4 8l8 4 8-4M12 12v8',
};

/** @param {{name: string}} props a drawing; what it means is said in words beside it */
export const Icon = ({ name }) => html`<svg class=${`icon i-${name}`} viewBox="0 0 24 24" aria-hidden="true"><path d=${PATHS[name]} /></svg>`;
