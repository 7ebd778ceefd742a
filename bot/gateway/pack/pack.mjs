// Packs the chat for the browser: `node pack.mjs STATIC VENDOR OUT` writes minified modules, style sheets and the launcher.
import { mkdir, readFile, readdir, writeFile } from 'node:fs/promises';
import { dirname, join, relative, resolve } from 'node:path';

import { transform } from 'lightningcss';
import { rollup } from 'rollup';
import { minify } from 'terser';

import { templates } from './templates.mjs';

const [statics, modules, out] = process.argv.slice(2).map((path) => resolve(path));
const widget = join(statics, 'widget');
const vendor = {
  'preact.mjs': join(modules, 'preact', 'dist', 'preact.mjs'),
  'htm.mjs': join(modules, 'htm', 'dist', 'htm.mjs'),
};
// Statements joined by commas and functions put in place are shorter to read and longer to send: gzip finds less to share.
const COMPRESS = { ecma: 2022, compress: { passes: 3, unsafe_arrows: true, sequences: false, inline: 1 }, format: { comments: false } };

const save = async (name, text) => {
  await mkdir(dirname(join(out, name)), { recursive: true });
  await writeFile(join(out, name), text);
};

/** The entries keep their names: the chat, and what lies in folders, imported by a computed name: a file for each language. */
async function entries() {
  const files = await readdir(widget, { recursive: true });
  const named = files.filter((name) => name === 'main.mjs' || /[\\/][\w-]+\.mjs$/.test(name));
  return Object.fromEntries(named.map((name) => [relative('.', name).replace(/\\/g, '/').replace(/\.mjs$/, ''), join(widget, name)]));
}

/** Joins what the entries import and writes it shortened. @param {Record<string, string>} input */
async function pack(input) {
  const bundle = await rollup({
    input,
    // What a late module shares with the chat stays in the chat's own file: one request, one stream to compress.
    preserveEntrySignatures: 'allow-extension',
    plugins: [
      { name: 'vendor', resolveId: (name) => vendor[/vendor\/([\w.]+)$/.exec(name)?.[1] ?? ''] ?? null },
      templates(vendor['preact.mjs']),
    ],
    onwarn: (warning) => { throw new Error(warning.message); },
  });
  const { output } = await bundle.generate({ format: 'es', entryFileNames: '[name].mjs', chunkFileNames: '[name].mjs' });
  for (const { fileName, code } of output) {
    const packed = await minify(code, { ...COMPRESS, module: true });
    await save(fileName, packed.code);
  }
  return output;
}

const output = await pack(await entries());
// The greeting comes without the chat, so it has a copy of the little it shares with it.
await pack({ teaser: join(widget, 'teaser.mjs') });
const styles = (await readdir(widget)).filter((name) => name.endsWith('.css'));
for (const filename of styles) {
  const { code } = transform({ filename, code: await readFile(join(widget, filename)), minify: true });
  await save(filename, code);
}
const launcher = await minify(await readFile(join(statics, 'widget.js'), 'utf8'), COMPRESS);
await save('widget.js', launcher.code);
// What the launcher should ask for at once: the chat, and the modules without which it cannot begin.
const main = output.find(({ fileName }) => fileName === 'main.mjs');
await save('modules.json', JSON.stringify(['main.mjs', ...main.imports]));
