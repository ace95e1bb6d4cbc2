import { readFileSync } from 'node:fs';

/** The yardstick: the whole file read, decoded and parsed at once. A file of lines is made an array first, untimed. */
const [file = ''] = process.argv.slice(2);
const started = performance.now();
const text = readFileSync(file, 'utf8');
const read = performance.now() - started;
const array = file.endsWith('.jsonl') ? `[${text.trimEnd().split('\n').join(',')}]` : text;
const parsing = performance.now();
JSON.parse(array);
console.log(JSON.stringify({ seconds: (read + performance.now() - parsing) / 1000 }));
