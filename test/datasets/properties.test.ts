import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { FormatName } from '../../lib/contract/dataset.ts';
import type { Group } from '../../lib/contract/trajectory.ts';
import { FORMATS } from '../../lib/datasets/formats/index.ts';
import { rootOf } from '../../lib/preferences/example-root.ts';
import { collections, type Exported, exported, group, parseLines } from './collections.ts';

const formats = FormatName.options;
const settings = fc.record({
  formats: fc.constant(formats),
  seed: fc.nat(5),
  max_pairs: fc.option(fc.integer({ min: 1, max: 12 })),
  validation_fraction: fc.constantFrom(0, 0.2, 0.5),
  use_full_message_history: fc.boolean(),
  curriculum: fc.option(fc.record({ buckets: fc.integer({ min: 1, max: 3 }) })),
});

/** By format: the text of its training lines, and of its validation lines. */
function sides({ result, files }: Exported) {
  return Object.entries(result.formats).map(([format, { files: written }]) => {
    const of = (split: string): readonly string[] =>
      written
        .filter((file) => file.split === split)
        .flatMap(({ file }) => (files.get(`${format}/${file}`) ?? '').split('\n').filter((line) => line !== ''));
    return { format: FormatName.parse(format), training: of('training'), validation: of('validation') };
  });
}

const PROMPT = ['prompt', 'messages', 'context', 'input', 'conversations'] as const;

/** What a line asks the model, in any format. */
function promptOf(line: string): string {
  const fields: Record<string, unknown> = JSON.parse(line);
  const name = PROMPT.find((field) => field in fields) ?? '';
  const asked = fields[name];
  if (Array.isArray(fields.messages) && Array.isArray(fields.rejected_messages)) {
    return JSON.stringify(
      fields.messages.slice(0, Math.min(fields.messages.length, fields.rejected_messages.length) - 1),
    );
  }
  const isTurn = (turn: unknown): boolean => !JSON.stringify(turn).includes('"preferenceLabel"');
  return JSON.stringify([fields.system, Array.isArray(asked) ? asked.filter(isTurn) : asked]);
}

describe('for arbitrary collections and settings', () => {
  test('no prompt stands on both sides of any format, and no line twice', async () => {
    await fc.assert(
      fc.asyncProperty(collections, settings, async (groups, dataset) => {
        for (const { training, validation } of sides(await exported(groups, dataset))) {
          const trained = new Set(training.map(promptOf));
          expect(validation.filter((line) => trained.has(promptOf(line)))).toEqual([]);
          const lines = [...training, ...validation];
          expect(new Set(lines).size).toBe(lines.length);
        }
      }),
      { numRuns: 150 },
    );
  });

  test('no example stands on both sides', async () => {
    const named = collections.map((groups) => groups.map(withItsNameInEachPrompt));
    await fc.assert(
      fc.asyncProperty(named, settings, async (groups, dataset) => {
        for (const { training, validation } of sides(await exported(groups, dataset))) {
          const examples = (lines: readonly string[]) => new Set(lines.map((line) => /root:(\w+);/.exec(line)?.[1]));
          expect([...examples(training)].filter((root) => examples(validation).has(root))).toEqual([]);
        }
      }),
      { numRuns: 50 },
    );
  });

  test('every line fits the schema of its format', async () => {
    await fc.assert(
      fc.asyncProperty(collections, settings, async (groups, dataset) => {
        for (const { format, training, validation } of sides(await exported(groups, dataset))) {
          for (const line of [...training, ...validation]) {
            const read: unknown = JSON.parse(line);
            const whole = FORMATS[format].unpaired ? [read, read] : read;
            expect(FORMATS[format].Line.safeParse(whole).error).toBeUndefined();
          }
        }
      }),
      { numRuns: 50 },
    );
  });

  test('the same set results in whatever order the groups come', async () => {
    const shuffled = collections.chain((groups) =>
      fc.tuple(fc.constant(groups), fc.shuffledSubarray([...groups], { minLength: groups.length })),
    );
    await fc.assert(
      fc.asyncProperty(shuffled, settings, async ([groups, others], dataset) => {
        const one = await exported(groups, dataset);
        const other = await exported(others, dataset);
        expect(sorted(other)).toEqual(sorted(one));
        expect(other.result.selections).toEqual(one.result.selections);
      }),
      { numRuns: 100 },
    );
  });

  test('the counters add up to the pairs of the collection', async () => {
    await fc.assert(
      fc.asyncProperty(collections, settings, async (groups, dataset) => {
        const { result } = await exported(groups, dataset);
        for (const selection of Object.values(result.selections)) {
          const { duplicate_pairs, contradictory_pairs, sampled_out_pairs, leaking_validation_pairs } = selection;
          const dropped = duplicate_pairs + contradictory_pairs + sampled_out_pairs + leaking_validation_pairs;
          const kept = selection.training.pairs + selection.validation.pairs;
          expect(dropped + kept).toBe(selection.collected_pairs);
          expect(kept).toBeLessThanOrEqual(dataset.max_pairs ?? kept);
        }
        for (const [name, format] of Object.entries(result.formats)) {
          if (name === 'trl_kto') continue;
          const selection = result.selections[format.view];
          const lines = format.files.reduce((sum, file) => sum + (file.split === null ? 0 : file.lines), 0);
          const left = Object.values(format.left_out).reduce((sum, count) => sum + count, 0);
          expect(lines + left).toBe((selection?.training.pairs ?? 0) + (selection?.validation.pairs ?? 0));
        }
      }),
      { numRuns: 50 },
    );
  });

  test('all lines of a file have the same columns; those of plain messages down to the fields', async () => {
    await fc.assert(
      fc.asyncProperty(collections, settings, async (groups, dataset) => {
        for (const { format, training, validation } of sides(await exported(groups, dataset))) {
          if (format === 'amazon_nova' || format === 'openai') continue;
          const lines = parseLines([...training, ...validation].join('\n'));
          const columns = lines.map((line) => (CHATS.includes(format) ? topColumnsOf(line) : columnsOf(line)));
          expect(new Set(columns.map(namesOf)).size).toBeLessThanOrEqual(1);
          const typed = new Set(columns.flat().filter((column) => !column.endsWith(': null')));
          expect(new Set([...typed].map(pathOf)).size).toBe(typed.size);
        }
      }),
      { numRuns: 50 },
    );
  });
});

test('a pair that stands in two examples is kept with the first by trace object and place', async () => {
  const here = group('a', [{ prompt: 'same' }], { key: 'a.json', offset: 9 });
  const there = group('b', [{ prompt: 'same' }], { key: 'b.json', offset: 1 });
  for (const groups of [
    [here, there],
    [there, here],
  ]) {
    const { result } = await exported(groups, { formats: ['trl'], validation_fraction: 0 });
    expect(result.selections.whole).toMatchObject({ duplicate_pairs: 1, training: { pairs: 1, examples: 1 } });
  }
});

test('a pair and its reverse are both dropped, however often they stand there', async () => {
  const groups = [
    group('a', [
      { chosen: 'x', rejected: 'y' },
      { chosen: 'y', rejected: 'x' },
      { chosen: 'x', rejected: 'z' },
    ]),
    group('b', [{ chosen: 'x', rejected: 'y' }], { offset: 1 }),
  ];
  const { result, lines } = await exported(groups, { formats: ['trl'], validation_fraction: 0 });
  expect(lines('trl/train.jsonl')).toMatchObject([{ chosen: [{ content: 'x' }], rejected: [{ content: 'z' }] }]);
  expect(lines('trl/train.jsonl')).toHaveLength(1);
  expect(result.selections.whole).toMatchObject({ duplicate_pairs: 1, contradictory_pairs: 2 });
});

test('repetitions of an example go to one side, and validation has round(fraction × examples) of them', async () => {
  const groups = Array.from({ length: 40 }, (_, index) =>
    group(`${index % 10}_rep${Math.floor(index / 10)}`, [{ prompt: `prompt ${index}` }], { offset: index }),
  );
  const { result } = await exported(groups, { formats: ['trl'], validation_fraction: 0.26 });
  expect(result.selections.whole).toMatchObject({
    training: { pairs: 28, examples: 7 },
    validation: { pairs: 12, examples: 3 },
  });
  expect(rootOf('1_rep12')).toBe('1');
});

test('two examples split even where the fraction rounds to none; another seed splits another way', async () => {
  const groups = ['a', 'b'].map((id, offset) => group(id, [{ prompt: id }], { offset }));
  const validated = async (seed: number) =>
    (await exported(groups, { formats: ['trl'], validation_fraction: 0.01, seed })).files.get('trl/validation.jsonl');
  const seen = new Set(await Promise.all([0, 1, 2, 3, 4, 5, 6, 7].map(validated)));
  expect(seen.size).toBe(2);
});

test('an empty side is warned of, and no line is copied to it', async () => {
  const { result, files } = await exported([group('only', [{}])], { formats: ['trl'] });
  expect([...files.keys()].sort()).toEqual(['trl/README.md', 'trl/train.jsonl']);
  expect(result.warnings).toEqual([expect.stringContaining('Validation is empty')]);
});

test('what validation shares with training is dropped from it by the prompt that the trainer sees', async () => {
  const board = { role: 'user', content: 'the board' };
  const as = (who: string) => [{ role: 'system', content: who }, board];
  const groups = ['X', 'O'].map((who, offset) => group(who, [{ prompt: as(who), chosen: who }], { offset }));
  const { result } = await exported(groups, { formats: ['nemo_customizer', 'trl'] });
  expect(result.selections.last_message).toMatchObject({ leaking_validation_pairs: 1, validation: { pairs: 0 } });
  expect(result.selections.whole).toMatchObject({ leaking_validation_pairs: 0, validation: { pairs: 1 } });
});

function withItsNameInEachPrompt(one: Group): Group {
  const name = `root:${rootOf(one.example_id)};`;
  return {
    ...one,
    trajectories: one.trajectories.map((trajectory) => {
      const [{ prompt, ...responses }] = trajectory.episode;
      const text = typeof prompt === 'string' ? `${name}${prompt}` : [...prompt, { role: 'user', content: name }];
      return { ...trajectory, episode: [{ prompt: text, ...responses }] };
    }),
  };
}

/** Line sets by format and side, and with a curriculum by bucket. */
const sorted = ({ files }: Exported) =>
  Object.fromEntries(
    [...files]
      .filter(([file]) => file.endsWith('.jsonl'))
      .map(([file, text]): [string, string[]] => [file, text.split('\n').sort()])
      .sort(([a], [b]) => (a < b ? -1 : 1)),
  );

/** `path: type` of every value, list places alike. */
function columnsOf(value: unknown, path = ''): readonly string[] {
  if (Array.isArray(value)) return [...new Set(value.flatMap((entry: unknown) => columnsOf(entry, `${path}[]`)))];
  if (typeof value !== 'object' || value === null) return [`${path}: ${value === null ? 'null' : typeof value}`];
  return Object.entries(value).flatMap(([name, field]) => columnsOf(field, `${path}.${name}`));
}

/** Messages that hold tool calls have the keys that they have. */
const CHATS: readonly string[] = ['trl', 'trl_kto', 'nemo_rl', 'ms_swift'];

const topColumnsOf = (line: unknown): readonly string[] =>
  Object.entries(Object(line)).map(([name, value]) => `${name}: ${Array.isArray(value) ? 'list' : typeof value}`);

const pathOf = (column: string): string => column.split(': ')[0] ?? '';

/** The fields that a line has, whatever their types; what hangs below a null cannot be seen. */
const namesOf = (columns: readonly string[]): string =>
  [...new Set(columns.map((column) => pathOf(column).replace(/(\.tool_calls).*/, '$1')))].sort().join();
