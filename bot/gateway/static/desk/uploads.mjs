// Files an agent is about to send: uploaded at once, kept by case until the answer goes.
import { set, state, toast } from './state.mjs';

const token = () => document.querySelector('meta[name="csrf-token"]')?.getAttribute('content') ?? '';

/** @param {string | null} id what waits to be sent in this case */
export const filesOf = (id) => state.files[id ?? ''] ?? [];

/** @param {string} id @param {any[]} files */
const keep = (id, files) => set({ files: { ...state.files, [id]: files } });

/** @param {string} id @param {Iterable<File>} chosen */
export function attach(id, chosen) {
  for (const file of chosen) {
    const one = { key: `${Date.now()}-${file.name}-${file.size}`, name: file.name, going: true };
    keep(id, [...filesOf(id), one]);
    upload(id, one, file);
  }
}

/** @param {string} id @param {any} one @param {File} file */
async function upload(id, one, file) {
  try {
    const answer = await fetch(`/api/v1/desk/cases/${encodeURIComponent(id)}/uploads`, {
      method: 'POST', body: file,
      headers: { 'Content-Type': 'application/octet-stream', 'X-File-Name': encodeURIComponent(file.name.slice(-200)), 'X-CSRF-Token': token() },
    });
    const data = await answer.json();
    if (!answer.ok) throw new Error(data.detail);
    keep(id, filesOf(id).map((other) => (other.key === one.key ? { ...other, ...data, going: false } : other)));
  } catch (error) {
    remove(id, one.key);
    toast(`${file.name}: ${error instanceof TypeError || error instanceof SyntaxError ? 'The file could not be uploaded. Try again.' : error.message}`);
  }
}

/** @param {string} id @param {string} key */
export const remove = (id, key) => keep(id, filesOf(id).filter((one) => one.key !== key));

/** They go with an answer. @param {string} id @returns {any[]} */
export function takeFiles(id) {
  const files = filesOf(id).filter((one) => !one.going);
  keep(id, []);
  return files;
}
