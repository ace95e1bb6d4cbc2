import { copyFile, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import * as z from 'zod';
import { type FileType, FormatName } from '../../../lib/contract/dataset.ts';
import type { Message, Prompt, Response } from '../../../lib/contract/trajectory.ts';
import { FORMATS } from '../../../lib/datasets/formats/index.ts';
import { exported, type PairSpec } from '../../datasets/collections.ts';
import { pythonOf, runPython } from '../python.ts';
import { groupsOf, KINDS, type Kind } from './corpus.ts';
import { LOADERS } from './loaders.ts';

/** Several files of Parquet. */
const SHARD_GROUPS: Readonly<Record<FileType, number>> = { jsonl: 10_000, parquet: 17 };

const LOAD = fileURLToPath(new URL('load.py', import.meta.url));
const Report = z.record(z.string(), z.array(z.string()));

let python = '';
let folder = '';
beforeAll(async () => {
  python = await pythonOf(LOADERS);
  folder = await mkdtemp(join(tmpdir(), 'dpo-peers-'));
}, 1_200_000);
afterAll(() => rm(folder, { recursive: true, force: true }));

const CASES = FormatName.options.flatMap((format) =>
  (FORMATS[format].parquet ? (['jsonl', 'parquet'] as const) : (['jsonl'] as const)).map(
    (type): [FormatName, FileType] => [format, type],
  ),
);

describe.each(CASES)('%s in %s', (format, type) => {
  test('its trainer loads all rows of every kind of run, each text as it is meant', async () => {
    const jobs = [];
    for (const kind of KINDS) {
      if (type === 'jsonl' && kind.parquetOnly?.includes(format)) continue;
      if (kind.refused?.includes(format)) {
        await expect(writeRun(kind, format, type)).rejects.toThrow(`Leave ${format} out`);
        continue;
      }
      const written = await writeRun(kind, format, type);
      if (kind.without?.includes(format)) expect([kind.name, written.lines]).toEqual([kind.name, 0]);
      else jobs.push(written.job);
    }
    const list = join(folder, `${format}-${type}.json`);
    await writeFile(list, JSON.stringify(jobs));
    // One cache for all runs: `datasets` must tell them apart.
    const report = Report.parse(
      JSON.parse(lastLine(await runPython(python, [LOAD, format, list, join(folder, 'cache')]))),
    );
    expect(report).toEqual(Object.fromEntries(jobs.map(({ run }) => [run, []])));
  }, 600_000);
});

test.each(['jsonl', 'parquet'] as const)('a folder in %s whose rows are missing does not load', async (type) => {
  const [chat] = KINDS;
  if (!chat) throw new Error('There is no kind.');
  const { job } = await writeRun({ ...chat, name: `missing-${type}`, pairs: chat.pairs.slice(0, 40) }, 'trl', type);
  const [last] = (await readdir(job.folder))
    .filter((file) => file.startsWith('train'))
    .sort()
    .slice(-1);
  const path = join(job.folder, last ?? '');
  if (type === 'parquet')
    await copyFile(join(job.folder, 'train-00001-of-00002.parquet'), join(job.folder, 'train-00000-of-00002.parquet'));
  else await writeFile(path, `${(await readFile(path, 'utf8')).trimEnd().split('\n').slice(1).join('\n')}\n`);
  const list = join(folder, `missing-${type}.json`);
  await writeFile(list, JSON.stringify([job]));
  const report = Report.parse(
    JSON.parse(lastLine(await runPython(python, [LOAD, 'trl', list, join(folder, 'cache')]))),
  );
  expect(report[job.run]?.[0]).toMatch(/^NonMatchingSplitsSizesError/);
});

async function writeRun(kind: Kind, format: FormatName, file_type: FileType) {
  const dataset = { formats: [format], validation_fraction: 0, file_type, ...kind.dataset };
  const { bodies, result } = await exported(groupsOf(kind), dataset, {
    runId: kind.name,
    shardGroups: SHARD_GROUPS[file_type],
  });
  const run = join(folder, file_type, kind.name);
  for (const [file, body] of bodies) {
    const path = join(run, file);
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, body);
  }
  const held = kind.pairs.filter((pair) => holds(format, pair));
  const ordered = kind.name === 'curriculum' ? easiestFirst(held) : held;
  const lines = (result.formats[format]?.files ?? []).reduce((sum, file) => sum + (file.split ? file.lines : 0), 0);
  return {
    lines,
    job: {
      run: kind.name,
      folder: join(run, format),
      text: kind.name === 'base',
      expected: ordered.map(expectedOf),
    },
  };
}

/** Three buckets, the widest margins first; within a bucket as they come. */
function easiestFirst(pairs: readonly PairSpec[]): readonly PairSpec[] {
  const size = pairs.length / 3;
  return [pairs.slice(2 * size), pairs.slice(size, 2 * size), pairs.slice(0, size)].flat();
}

/** What else a format cannot hold is told by the number of rows. */
function holds(format: FormatName, { tools, prompt = '', chosen = '', rejected = '' }: PairSpec): boolean {
  const texts = JSON.stringify([prompt, chosen, rejected]);
  if (TEXT_ONLY.includes(format) && (tools || texts.includes('tool_calls'))) return false;
  return !(format === 'amazon_nova' && /\b(user|system|assistant):/i.test(texts));
}

const TEXT_ONLY: readonly string[] = [
  ...['nemo_customizer', 'nemo_platform', 'axolotl', 'amazon_nova', 'together', 'fireworks', 'sagemaker'],
];

const expectedOf = ({ prompt = '', chosen = '', rejected = '', tools = [] }: PairSpec) => ({
  prompt: promptMessages(prompt).map(asTemplatesTakeIt),
  chosen: answerMessages(chosen).map(asTemplatesTakeIt),
  rejected: answerMessages(rejected).map(asTemplatesTakeIt),
  tools,
});

const promptMessages = (prompt: Prompt): readonly Message[] =>
  typeof prompt === 'string' ? [{ role: 'user', content: prompt }] : prompt;

function answerMessages(response: Response): readonly Message[] {
  if (typeof response === 'string') return [{ role: 'assistant', content: response }];
  return Array.isArray(response) ? response : [response];
}

const Called = z.array(z.looseObject({ function: z.looseObject({ arguments: z.string() }) }));

/** Arguments are objects, and there is no null. */
function asTemplatesTakeIt({ tool_calls, content, ...message }: Message): object {
  const calls = Called.optional().parse(tool_calls);
  return {
    ...message,
    content: content ?? '',
    ...(calls && {
      tool_calls: calls.map((call) => ({
        ...call,
        function: { ...call.function, arguments: JSON.parse(call.function.arguments) },
      })),
    }),
  };
}

const lastLine = (text: string): string => text.trimEnd().split('\n').at(-1) ?? '';
