// One accent colour from the site, made readable everywhere: text on it, and it as text on light and on dark.
/** @typedef {[number, number, number]} Rgb */

/** @type {Record<string, Rgb>} the grounds that text stands on; the two bubbles are those of widget.css */
const GROUND = { white: [255, 255, 255], black: [0, 0, 0], light: [238, 241, 244], dark: [44, 50, 58] };
/** WCAG 2.2, contrast (minimum) for text. */
const AA = 4.5;

/** Relative luminance as WCAG 2.2 defines it, 0 to 1. @param {Rgb} rgb */
function luminance(rgb) {
  const [r, g, b] = rgb.map((value) => {
    const s = value / 255;
    return s <= 0.04045 ? s / 12.92 : ((s + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

/** Contrast ratio as WCAG 2.2 defines it, 1 to 21. @param {Rgb} a @param {Rgb} b */
export function contrast(a, b) {
  const [low, high] = [luminance(a), luminance(b)].sort((x, y) => x - y);
  return (high + 0.05) / (low + 0.05);
}

/** The colour nearest to the accent that can be read on the ground. @param {Rgb} accent @param {Rgb} ground */
export function readableOn(accent, ground) {
  const target = luminance(ground) > 0.5 ? 0 : 255;
  for (let part = 0; part < 1; part += 0.05) {
    const mixed = /** @type {Rgb} */ (accent.map((value) => Math.round(value + (target - value) * part)));
    if (contrast(mixed, ground) >= AA) return mixed;
  }
  return /** @type {Rgb} */ ([target, target, target]);
}

/** @param {Rgb} rgb */
const css = (rgb) => `rgb(${rgb.join(' ')})`;

/**
 * Sets the derived colours on the host element.
 * @param {HTMLElement} host @param {Element} sample an element whose background is the accent
 */
export function applyAccent(host, sample) {
  const found = getComputedStyle(sample).backgroundColor.match(/^rgba?\((\d+), (\d+), (\d+)/);
  if (!found) return; // a colour space we do not compute with: the style sheet's defaults stay
  const accent = /** @type {Rgb} */ (found.slice(1, 4).map(Number));
  const set = (/** @type {string} */ name, /** @type {Rgb} */ rgb) => host.style.setProperty(name, css(rgb));
  // One of the two always reaches 4.5:1.
  set('--r-on', contrast(accent, GROUND.white) >= AA ? GROUND.white : GROUND.black);
  set('--r-ink-light', readableOn(accent, GROUND.light));
  set('--r-ink-dark', readableOn(accent, GROUND.dark));
}
