// Trains nlp.js on examples and answers messages one by one.
// node contestant.mjs MODULES EXAMPLES.json MESSAGES.json ANSWERS.json; the shapes are those of bench/_contestants.py.
import { readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { gzipSync } from "node:zlib";

const [modules, examplesFile, messagesFile, answersFile] = process.argv.slice(2);
const { containerBootstrap, LangEn, Nlp } = createRequire(`${modules}/`)("@nlpjs/basic");
const read = (path) => JSON.parse(readFileSync(path, "utf8"));

const container = await containerBootstrap();
container.use(Nlp);
// Without it English is neither tokenised nor stemmed.
container.use(LangEn);
const nlp = container.get("nlp");
Object.assign(nlp.settings, { autoSave: false, autoLoad: false });
nlp.addLanguage("en");
const began = performance.now();
const cpuBefore = process.cpuUsage();
for (const { text, intent } of read(examplesFile)) nlp.addDocument("en", text, intent);
await nlp.train();
const wall = (performance.now() - began) / 1000;
const cpu = process.cpuUsage(cpuBefore);
const bytes = gzipSync(nlp.export()).length;

const texts = read(messagesFile);
for (const text of texts.slice(0, 20)) await nlp.process("en", text);
const asked = performance.now();
const cpuAsked = process.cpuUsage();
const answers = [];
for (const text of texts) {
  const { classifications } = await nlp.process("en", text);
  const known = (classifications ?? []).filter(({ intent }) => intent !== "None");
  answers.push({ intent: known[0]?.intent ?? null, confidence: known[0]?.score ?? 0, in_scope: known[0]?.score ?? 0 });
}
const count = Math.max(texts.length, 1);
const milliseconds = (performance.now() - asked) / count;
const cpuMessages = process.cpuUsage(cpuAsked);
writeFileSync(answersFile, JSON.stringify({
  train_wall_s: wall,
  train_cpu_s: (cpu.user + cpu.system) / 1e6,
  ms_per_message: milliseconds,
  cpu_ms_per_message: (cpuMessages.user + cpuMessages.system) / 1e3 / count,
  model_bytes: bytes,
  answers,
}));
