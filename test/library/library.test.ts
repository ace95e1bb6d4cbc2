import { readFile } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import {
  buildPairs,
  type Candidate,
  chooseDataset,
  IncompleteInput,
  InvalidRequest,
  type Pair,
  type Rejected,
  readCandidates,
  type Settings,
  writeFormat,
} from '../../library/index.ts';

const rows = [
  { prompt: 'Capital of France?', response: 'Paris', reward: 1 },
  { prompt: 'Capital of Italy?', response: 'Milan', reward: 0.1 },
  { prompt: 'Capital of France?', response: 'Lyon', reward: 0 },
  { prompt: 'Capital of Italy?', response: 'Rome', reward: 0.9 },
  { prompt: 'Capital of Italy?', response: 'Rom', reward: 0.9 },
];
const noSplit: Settings = { dataset: { validation_fraction: 0 } };

describe('interleaved rollouts', () => {
  test('become a TRL dataset in three lines', async () => {
    const pairs = buildPairs(readCandidates(rows));
    const dataset = await chooseDataset(pairs, noSplit);
    const lines = await Array.fromAsync(writeFormat(dataset, 'trl'));
    expect(lines.map(({ file, split }) => `${file} ${split}`)).toEqual(Array(3).fill('train.jsonl training'));
    expect(lines.map(({ line }) => JSON.parse(line).chosen[0].content).sort()).toEqual(['Paris', 'Rom', 'Rome']);
  });

  test('are pairs with plain values', async () => {
    const pairs = await Array.fromAsync(buildPairs(readCandidates(rows, {}, { key: 'rows' })));
    const paris = pairs.find(({ chosen }) => chosen === 'Paris');
    expect(paris).toMatchObject({
      ...{ turnId: '0', prompt: 'Capital of France?', chosen: 'Paris', rejected: 'Lyon' },
      ...{ margin: 1, scoreChosen: 1, scoreRejected: 0, rendered: false },
      lineage: { key: 'rows', offset: 0, chosen_uuid: null, rejected_uuid: null },
    });
    expect(structuredClone(pairs)).toEqual(pairs);
  });

  test('may be changed and filtered on their way', async () => {
    async function* shouted(pairs: AsyncIterable<Pair>) {
      for await (const pair of pairs) if (pair.margin === 1) yield { ...pair, chosen: `${pair.chosen}!` };
    }
    const dataset = await chooseDataset(shouted(buildPairs(readCandidates(rows))), noSplit);
    expect(dataset.training).toHaveLength(1);
    const [only] = await Array.fromAsync(writeFormat(dataset, 'openai'));
    expect(only?.line).toContain('"Paris!"');
  });
});

describe('what is left out', () => {
  test('is counted and reported by reason at each step', async () => {
    const reported: Rejected[] = [];
    const onRejected = (loss: Rejected) => void reported.push(loss);
    const input = [...rows, { prompt: 'Capital of Italy?', response: '', reward: 1 }, 7];
    const candidates = readCandidates(input, { source: { format: 'rollouts' } }, { onRejected });
    const pairs = buildPairs(candidates, {}, { onRejected });
    const dataset = await chooseDataset(await twice(pairs), noSplit);
    expect(candidates.counters).toMatchObject({ total_items: 7, rejected_items: { not_an_object: 1 } });
    expect(pairs.counters).toMatchObject({
      ...{ total_candidates: 5, total_pairs: 3, skipped_tie: 1 },
      rejected_candidates: { empty_response: 1 },
    });
    expect(reported.map(({ kind, reason }) => `${kind} ${reason}`)).toEqual([
      'item not_an_object',
      'candidate empty_response',
    ]);
    expect(dataset.selection).toMatchObject({ collected_pairs: 6, duplicate_pairs: 3, training: { pairs: 3 } });
  });

  test('is told of a format that cannot hold a pair', async () => {
    const prompt = [{ role: 'tool', content: 'found', tool_call_id: '1' }];
    const odd = rows.slice(0, 2).map((row) => ({ ...row, prompt }));
    const dataset = await chooseDataset(buildPairs(readCandidates([...rows, ...odd])), noSplit);
    const lines = writeFormat(dataset, 'amazon_nova');
    expect(await Array.fromAsync(lines)).toHaveLength(3);
    expect(Object.values(lines.leftOut)).toEqual([1]);
    expect(dataset.training).toHaveLength(4);
  });
});

/** The pairs, and then their like from another example. */
async function twice(pairs: AsyncIterable<Pair>): Promise<readonly Pair[]> {
  const all = await Array.fromAsync(pairs);
  return [...all, ...all.map((pair) => ({ ...pair, example: pair.example + 100 }))];
}

describe('an input', () => {
  const items = Array.from({ length: 500 }, (_, id) => ({
    id,
    prompt: `Question ${id}?`,
    responses: ['yes', 'no'],
    scores: [1, 0],
  }));

  test.each([
    ['records', (item: object) => item],
    ['lines', (item: object) => JSON.stringify(item)],
  ])('of %s is read as it is asked for where each is complete, but for the first hundred', async (_, write) => {
    let asked = 0;
    let isClosed = false;
    async function* source() {
      try {
        for (const item of items) {
          asked += 1;
          yield write(item);
        }
      } finally {
        isClosed = true;
      }
    }
    for await (const pair of buildPairs(readCandidates(source()))) {
      if (pair.prompt === 'Question 150?') break;
    }
    expect(asked).toBeLessThan(155);
    expect(isClosed).toBe(true);
  });

  test('may be lines, or a whole text', async () => {
    const lines = items.map((item) => JSON.stringify(item));
    const values = async (candidates: AsyncIterable<Candidate>) =>
      (await Array.fromAsync(buildPairs(candidates))).map(({ prompt }) => prompt);
    const prompts = items.map(({ prompt }) => prompt);
    expect(await values(readCandidates(lines))).toEqual(prompts);
    expect(await values(readCandidates(JSON.stringify(items)))).toEqual(prompts);
    expect(await values(readCandidates(Buffer.from(`${lines.join('\n')}\n`)))).toEqual(prompts);
  });

  test('of any other records is read by a map of fields, and by the score that is named', async () => {
    const others = rows.map(({ prompt, response, reward }) => ({ q: prompt, a: { text: response, good: reward } }));
    const source = { format: { prompt: '/q', response: '/a/text', score: '/a/good' } } as const;
    expect(await Array.fromAsync(buildPairs(readCandidates(others, { source })))).toHaveLength(3);
    await expect(Array.fromAsync(readCandidates(others))).rejects.toThrow('Name their fields');
  });

  test('without records gives no candidates', async () => {
    expect(await Array.fromAsync(readCandidates([]))).toEqual([]);
    const dataset = await chooseDataset(buildPairs(readCandidates([])));
    expect(dataset).toMatchObject({ training: [], validation: [], warnings: [expect.stringContaining('No pair')] });
    expect(await Array.fromAsync(writeFormat(dataset, 'trl'))).toEqual([]);
  });

  test('that is cut short fails by name at its end, unless that is allowed', async () => {
    const cut = Buffer.from(JSON.stringify(items)).subarray(0, 20_000);
    await expect(Array.fromAsync(readCandidates([cut]))).rejects.toThrow(IncompleteInput);
    const allowed = readCandidates([cut], { limits: { allow_incomplete: true } });
    expect((await Array.fromAsync(allowed)).length).toBeGreaterThan(100);
    expect(allowed.counters.rejected_items).toEqual({ truncated: 1 });
  });

  test('that fails fails as it did, and a value that is no JSON is named by its number', async () => {
    async function* failing() {
      yield* rows;
      throw new Error('the source failed');
    }
    await expect(Array.fromAsync(readCandidates(failing()))).rejects.toThrow('the source failed');
    const reading = Array.fromAsync(readCandidates([...rows, { prompt: 'p', response: 'r', reward: 1n }]));
    await expect(reading).rejects.toThrow(
      /^Record 5 of the input cannot be written as JSON \(.*BigInt.*\): give plain/,
    );
  });
});

test('wrong settings are refused by their names before anything is read', async () => {
  const wrong = (settings: object) => () => readCandidates([], settings);
  expect(wrong({ builder: { min_score_diff: -1 } })).toThrow(InvalidRequest);
  expect(wrong({ buildr: {} })).toThrow('buildr is not a setting; did you mean builder?');
  expect(wrong({ source: { format: 'rollout' } })).toThrow('source.format');
  expect(wrong({ dataset: { formats: ['trl'] } })).toThrow('dataset.formats is a setting of whole runs');
  const dataset = await chooseDataset(buildPairs(readCandidates(rows)));
  const unknown: string = 'tlr';
  const lines = writeFormat(dataset, unknown as 'trl');
  await expect(Array.fromAsync(lines)).rejects.toThrow('dataset.formats.0 must be');
});

test('trace items of NAT need no other call', async () => {
  const items: unknown[] = JSON.parse(await readFile('examples/tic-tac-toe.json', 'utf8'));
  const pairs = buildPairs(readCandidates(items));
  expect(await Array.fromAsync(pairs)).toHaveLength(104);
  expect(pairs.counters.rejected_candidates).toEqual({ empty_response: 4 });
});
