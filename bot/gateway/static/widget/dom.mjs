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
 * A card whose module and style are fetched when one is first shown. Where that fails its words stand alone: nothing said is lost.
 * @param {() => Promise<any>} load the part @param {(props: any) => any} words
 */
export function later(load, words) {
  /** @type {any} */ let Loaded;
  return class extends Part {
    state = { failed: false };

    componentDidMount() {
      Promise.all([load(), style('cards.css')]).then(([it]) => {
        Loaded = it;
        this.setState({});
      }, () => this.setState({ failed: true }));
    }

    render() {
      if (Loaded) return h(Loaded, this.props);
      return this.state.failed && h('p', { class: 'bubble' }, words(this.props));
    }
  };
}

/** @type {Record<string, string>} */
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
  share: 'M12 15V4M8 7.5 12 4l4 3.5M5 12v7h14v-7',
  mute: 'M5 9v6h3l5 4V5L8 9H5ZM16.5 9.5l5 5M21.5 9.5l-5 5',
  sound: 'M5 9v6h3l5 4V5L8 9H5ZM16.5 9a4 4 0 0 1 0 6M19 6.5a8 8 0 0 1 0 11',
  wide: 'M4 12h16M8 8l-4 4 4 4M16 8l4 4-4 4',
  mail: 'M4 6h16v12H4zM4 7l8 6 8-6',
  gift: 'M4 11h16v9H4zM3 7h18v4H3zM12 7v13M12 7S11 3 8.5 3a2 2 0 0 0 0 4H12Zm0 0s1-4 3.5-4a2 2 0 0 1 0 4H12Z',
  star: 'm12 4 2.5 5.2 5.5.8-4 4 1 5.7-5-2.7-5 2.7 1-5.7-4-4 5.5-.8L12 4Z',
  qr: 'M4 4h6v6H4zM14 4h6v6h-6zM4 14h6v6H4zM14 14h2v2h-2zM18 14h2M14 18v2M18 18h2v2h-2z',
  zoom: 'M11 18a7 7 0 1 0 0-14 7 7 0 0 0 0 14ZM16 16l5 5M8 11h6M11 8v6',
  quote: 'M10 7H5v6h5zM10 13c0 3-2 4-4 4M19 7h-5v6h5zM19 13c0 3-2 4-4 4',
  box: 'm4 8 8-4 8 4v8l-8 4-8-4V8ZM4 8l8 4 8-4M12 12v8',
  out: 'M14 5h5v5M19 5l-8 8M18 14v5H5V6h5',
};

/** @param {{name: string}} props a drawing; what it means is said in words beside it */
export const Icon = ({ name }) => html`<svg class=${`icon i-${name}`} viewBox="0 0 24 24" aria-hidden="true"><path d=${PATHS[name]} /></svg>`;

/** Mouths from very unhappy to very happy. */
const MOUTHS = ['M8 17q4-5 8 0', 'M8 16.5q4-2.5 8 0', 'M8 16h8', 'M8 15q4 3 8 0', 'M7.5 14.5q4.5 6 9 0'];

/** @param {{level: number}} props 1 to 5 */
export const Face = ({ level }) => html`<svg class="icon face" viewBox="0 0 24 24" aria-hidden="true">
  <circle cx="12" cy="12" r="9.5" /><path d="M9 9.5v.8M15 9.5v.8" /><path d=${MOUTHS[level - 1]} /></svg>`;
