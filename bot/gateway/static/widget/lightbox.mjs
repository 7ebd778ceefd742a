// A picture over the whole screen. A dialog of its own: Escape closes it, and the focus goes back by itself.
import { PATHS } from './dom.mjs';

/** @param {string} name @param {Record<string, string>} attributes @param {Node[]} inside */
function make(name, attributes, ...inside) {
  const space = /svg|path/.test(name) ? 'http://www.w3.org/2000/svg' : 'http://www.w3.org/1999/xhtml';
  const node = /** @type {HTMLElement} */ (document.createElementNS(space, name));
  for (const key in attributes) node.setAttribute(key, attributes[key]);
  node.append(...inside);
  return node;
}

/** @param {HTMLImageElement} picture @param {string} close the close button's name */
export function enlarge(picture, close) {
  const cross = make('svg', { viewBox: '0 0 24 24', class: 'icon', 'aria-hidden': 'true' }, make('path', { d: PATHS.close }));
  const dialog = /** @type {HTMLDialogElement} */ (make('dialog', { class: 'lightbox', 'aria-label': picture.alt },
    make('button', { class: 'round', 'aria-label': close }, cross), make('img', { src: picture.src, alt: picture.alt })));
  // The page's own shortcuts are not meant for what is pressed here.
  for (const event of ['keydown', 'keyup', 'keypress']) dialog.addEventListener(event, (e) => e.stopPropagation());
  dialog.addEventListener('click', () => dialog.close());
  dialog.addEventListener('close', () => dialog.remove());
  picture.getRootNode().appendChild(dialog);
  dialog.showModal();
}
