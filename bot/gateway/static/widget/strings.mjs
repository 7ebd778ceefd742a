// The widget's own words. One file per language in locales/, of which only the wanted one is loaded.
/** @typedef {Record<string, string | Record<string, string>>} Table */

/** What the assistant and its texts are written in; the panel around them may be in another language. */
const BOT = 'en';
/** Languages written from right to left. */
const RTL = /^(ar|dv|fa|he|ps|ur|yi)$/;

/** @param {string} lang @returns {Promise<{default: Table}>} */
const ours = (lang) => import(`./locales/${lang}.mjs`);

/** The words of what is fetched when it is first wanted. @param {string} lang @returns {Promise<{default: Table}>} */
const others = (lang) => import(`./later/${lang}.mjs`);

/**
 * @param {string} locale a language tag; what its language lacks, and what cannot be loaded, is said in English
 * @param {typeof ours} [load] the words of a part that is loaded by itself
 * @returns {Promise<import('./types').Words>}
 */
export async function strings(locale, load = ours) {
  let lang = locale.split(/[-_]/)[0].toLowerCase();
  let { default: table } = await load(lang).catch(() => load((lang = 'en')));
  /** @type {Promise<void> | undefined} */ let more;
  // Dates and numbers are written as the sentences around them are.
  let tag = locale.toLowerCase().startsWith(lang) ? locale : lang;
  // A page in plain English has British readers, too: where it names no region, the reader's own counts.
  if (tag.length < 4) tag = navigator.languages.find((own) => own.startsWith(`${tag}-`)) ?? tag;
  try {
    Intl.getCanonicalLocales(tag);
  } catch {
    tag = lang; // a page's lang may be anything
  }
  // Made when first needed: they take longer than all the rest of the beginning.
  /** @type {Intl.PluralRules | undefined} */ let plural;
  /** @type {Intl.NumberFormat | undefined} */ let digits;
  /** @param {unknown} value */
  const write = (value) => (typeof value === 'number' ? (digits ??= new Intl.NumberFormat(tag)).format(value) : String(value ?? ''));
  return {
    lang,
    locale: tag,
    dir: RTL.test(lang) ? 'rtl' : 'ltr',
    // For what the server says: the direction of its words, and their language where it is not the panel's.
    theirs: { dir: 'auto', ...(lang === BOT ? {} : { lang: BOT }) },
    number: write,
    get whole() {
      return Boolean(more);
    },
    more: () => (more ??= others(lang).then((late) => { table = { ...table, ...late.default }; }).catch((error) => {
      more = undefined;
      throw error;
    })),
    t: (key, values = {}) => {
      const found = table[key] ?? key;
      const text = typeof found === 'string' ? found : (found[(plural ??= new Intl.PluralRules(tag)).select(Number(values.n))] ?? found.other);
      return text.replace(/\{(\w+)\}/g, (_, name) => write(values[name]));
    },
  };
}
