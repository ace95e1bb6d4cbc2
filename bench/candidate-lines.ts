import { closeSync, existsSync, openSync, statSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import type { FixtureFile } from './fixture-file.ts';
import { textOf, textPool } from './fixtures.ts';
import { rounded } from './measure.ts';
import { type Random, seeded } from './random.ts';

/** The candidates of an example on lines that follow one another, or as far apart as can be. */
export type LineOrder = 'adjacent' | 'interleaved';

/** Rollouts a prompt, as in group-relative training. */
const CANDIDATES_PER_EXAMPLE = 4;
const WRITE_BYTES = 4 << 20;
const SEED = 1;

/** Candidate lines in the folder, written where they are not there yet: the same lines in every order. */
export function candidateLines(
  folder: string,
  { order, megabytes }: { readonly order: LineOrder; readonly megabytes: number },
): FixtureFile {
  const file = join(folder, `candidates-${order}-${megabytes}.jsonl`);
  if (!existsSync(file)) writeLines(file, order, megabytes * 1e6);
  return { file, megabytes: rounded(statSync(file).size / 1e6) };
}

function writeLines(path: string, order: LineOrder, bytes: number): void {
  const line = lineMaker();
  const examples = Math.max(2, Math.round(bytes / bytesOfExample(line)));
  const file = openSync(path, 'w');
  let waiting: string[] = [];
  let length = 0;
  for (let at = 0; at < examples * CANDIDATES_PER_EXAMPLE; at++) {
    const [example, index] =
      order === 'adjacent'
        ? [Math.floor(at / CANDIDATES_PER_EXAMPLE), at % CANDIDATES_PER_EXAMPLE]
        : [at % examples, Math.floor(at / examples)];
    const text = line(example, index);
    waiting.push(text);
    length += text.length;
    if (length < WRITE_BYTES) continue;
    writeSync(file, waiting.join(''));
    waiting = [];
    length = 0;
  }
  writeSync(file, waiting.join(''));
  closeSync(file);
}

type MakeLine = (example: number, index: number) => string;

function bytesOfExample(line: MakeLine): number {
  const sampled = 200;
  let bytes = 0;
  for (let example = 0; example < sampled; example++) {
    for (let index = 0; index < CANDIDATES_PER_EXAMPLE; index++) bytes += Buffer.byteLength(line(example, index));
  }
  return bytes / sampled;
}

/** A line depends on its example and index alone. */
function lineMaker(): MakeLine {
  const pool = textPool(seeded(SEED));
  const randomOf = (example: number, index: number): Random =>
    seeded(SEED + example * (CANDIDATES_PER_EXAMPLE + 1) + index);
  return (example, index) => {
    const asked = randomOf(example, CANDIDATES_PER_EXAMPLE);
    const answered = randomOf(example, index);
    return `${JSON.stringify({
      example_id: `example-${example}`,
      turn_id: '0',
      candidate_index: index,
      score: answered(),
      prompt: [{ role: 'user', content: textOf(asked, pool) }],
      response: textOf(answered, pool),
    })}\n`;
  };
}
