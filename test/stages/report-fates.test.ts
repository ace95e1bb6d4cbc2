import fc from 'fast-check';
import { expect, test } from 'vitest';
import * as z from 'zod';
import { PairFate } from '../../lib/report/input.ts';
import { memoryStore } from '../support/memory-store.ts';
import { memoryDeps, runSteps } from '../support/run.ts';

const Embedded = z.object({
  pairs: z.array(
    z.looseObject({
      number: z.int(),
      kinds: z.array(z.string()),
      fates: z.array(PairFate),
      example_id: z.string(),
      lineage: z.looseObject({ key: z.string(), offset: z.int() }),
      margin: z.number(),
      chosen_score: z.number(),
      chosen: z.array(z.looseObject({ parts: z.array(z.looseObject({ text: z.string() })) })),
      rejected: z.array(z.looseObject({ parts: z.array(z.looseObject({ text: z.string() })) })),
    }),
  ),
});

interface Answer {
  readonly example: string;
  readonly prompt: unknown;
  readonly response: unknown;
  readonly score: number;
}

/** The whole pipeline over candidates, and the pairs that its report holds. */
async function reportOf(answers: readonly Answer[], dataset: object, limits: object = {}, report: object = {}) {
  const [traces, collections] = [memoryStore('traces'), memoryStore('collections')];
  const lines = answers.map(({ example, ...rest }) => JSON.stringify({ example_id: example, turn_id: 't', ...rest }));
  traces.objects.set('a.jsonl', Buffer.from(`${lines.join('\n')}\n`));
  const source = { traces: { bucket: 'traces', key: 'a.jsonl' } };
  const request = { source, dataset, report, limits: { allow_empty: true, max_rejected_fraction: 1, ...limits } };
  const run = await runSteps(request, memoryDeps(traces, collections));
  const textOf = (key: string) => Buffer.from(collections.objects.get(key) ?? '').toString();
  const page = textOf(run.manifest.report.key);
  const json = /id="pairs-json">(.*)<\/script>\n<script>/s.exec(page)?.[1];
  return { ...run, page, textOf, pairs: json === undefined ? [] : Embedded.parse(JSON.parse(json)).pairs };
}

const someAnswers = fc.array(
  fc.record({
    example: fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f'),
    prompt: fc.constantFrom('p', 'q', 'r', 's'),
    response: fc.constantFrom('u', 'v', 'w', 'x y'),
    score: fc.constantFrom(0, 1, 2, 3),
  }),
  { minLength: 2, maxLength: 60 },
);
const settings = fc.record({
  formats: fc.constantFrom(['trl'], ['trl', 'trl_kto', 'nemo_customizer'], ['amazon_nova', 'openai']),
  max_pairs: fc.option(fc.integer({ min: 1, max: 8 })),
  validation_fraction: fc.constantFrom(0, 0.3, 0.5),
});

test('what the report says of each pair is what the files hold, over random runs in any shards', async () => {
  await fc.assert(
    fc.asyncProperty(someAnswers, settings, fc.constantFrom(1024, 1 << 20), async (answers, dataset, shard_bytes) => {
      const { manifest, groups, pairs } = await reportOf(answers, dataset, { shard_bytes });
      const collected = groups.flatMap(({ trajectories }) => trajectories);
      // So small a run is shown whole.
      expect(pairs.map(({ number }) => number).sort((a, b) => a - b)).toEqual(collected.map((_, at) => at + 1));
      for (const { number, margin, lineage, chosen } of pairs) {
        const trajectory = collected[number - 1];
        expect(trajectory?.metadata).toMatchObject({ score_diff: margin, lineage: { offset: lineage.offset } });
        expect(chosen[0]?.parts[0]?.text).toBe(trajectory?.episode[0].chosen_response);
      }
      const with_ = (is: string, format: string) =>
        pairs.filter(({ fates }) =>
          fates.some((fate) => fate.is === is && fate.formats.some((name) => name === format)),
        );
      for (const format of dataset.formats) {
        const { view = 'whole', left_out = {} } = manifest.formats[format as 'trl'] ?? {};
        const selection = manifest.selections[view];
        expect(with_('duplicate', format)).toHaveLength(selection?.duplicate_pairs ?? 0);
        expect(with_('contradiction', format)).toHaveLength(selection?.contradictory_pairs ?? 0);
        expect(with_('not_sampled', format)).toHaveLength(selection?.sampled_out_pairs ?? 0);
        expect(with_('leak', format)).toHaveLength(selection?.leaking_validation_pairs ?? 0);
        const files = manifest.datasets[format] ?? {};
        if (format === 'trl_kto') continue;
        expect(with_('training', format)).toHaveLength(files.training?.lines ?? 0);
        expect(with_('validation', format)).toHaveLength(files.validation?.lines ?? 0);
        for (const [reason, count] of Object.entries(left_out)) expect(with_(reason, format)).toHaveLength(count);
      }
    }),
    { numRuns: 60 },
  );
});

/** One best answer against another, a pair each, of so many examples. */
const duel = (example: string, chosen: unknown, rejected: unknown, prompt: unknown = example): Answer[] => [
  { example, prompt, response: chosen, score: 1 },
  { example, prompt, response: rejected, score: 0 },
];

test('a few pairs of each reason are in the report, however rare the reason is, with their texts', async () => {
  const many = Array.from({ length: 900 }, (_, at) => duel(`e${at}`, `yes ${at}`, `no ${at}`)).flat();
  const rare = [
    ...duel('twice', 'so', 'not so', 'shared'),
    ...duel('twice again', 'so', 'not so', 'shared'),
    ...duel('up', 'left', 'right', 'where'),
    ...duel('down', 'right', 'left', 'where'),
    ...duel('named', 'good', 'bad', [{ role: 'user', content: 'hello', name: 'ann' }]),
  ];
  const { pairs, manifest } = await reportOf([...many, ...rare], { formats: ['amazon_nova'] }, { shard_bytes: 4096 });
  expect(manifest.totals.total_pairs).toBe(905);
  expect(pairs.length).toBeLessThan(300);
  const examplesOf = (reason: string) =>
    pairs.filter(({ fates }) => fates.some(({ is }) => is === reason)).map(({ example_id }) => example_id);
  expect(examplesOf('duplicate')).toEqual(['twice again']);
  expect(examplesOf('contradiction').toSorted()).toEqual(['down', 'up']);
  expect(examplesOf('field_name')).toEqual(['named']);
  const duplicate = pairs.find(({ example_id }) => example_id === 'twice again');
  expect(duplicate).toMatchObject({ kinds: expect.arrayContaining(['left_out']), margin: 1, chosen_score: 1 });
  expect(duplicate?.chosen).toEqual([{ role: '', parts: [{ label: '', text: 'so', length: 2 }] }]);
});

test('a run without a dataset shows its pairs, and no fate of them', async () => {
  const { pairs } = await reportOf(duel('a', 'yes', 'no'), { formats: [] });
  expect(pairs).toMatchObject([{ number: 1, fates: [] }]);
});

test('with a gate alone the fates are those of the selection', async () => {
  const { pairs } = await reportOf(duel('a', 'yes', 'no'), { formats: [], gate: { min_pairs: 1 } });
  expect(pairs).toMatchObject([{ fates: [{ is: 'training', formats: [] }] }]);
});

test('without report.text no pair is read for the report', async () => {
  const { page } = await reportOf(duel('pelican', 'yes', 'no'), { formats: ['trl'] }, {}, { text: false });
  expect(page).not.toContain('pelican');
  expect(page).not.toContain('pairs-json');
});

test('the report has a few losses of each reason with what was found, and without text only where they are', async () => {
  const answers = [
    ...duel('kestrel', 'yes', 'no'),
    ...Array.from({ length: 5 }, () => ({ example: 'kestrel', prompt: 'kestrel', response: '', score: 1 })),
  ];
  const shown = await reportOf(answers, { formats: ['trl'] });
  expect(shown.losses.length).toBeGreaterThanOrEqual(5);
  const rowsOf = (page: string) => page.match(/at byte \d+<\/td><td>[^<]*<\/td><td><bdi>[^<]*<\/bdi>/g) ?? [];
  expect(rowsOf(shown.page)).toHaveLength(3);
  expect(rowsOf(shown.page)[0]).toContain('kestrel');
  const hidden = await reportOf(answers, { formats: ['trl'] }, {}, { text: false });
  expect(rowsOf(hidden.page)).toHaveLength(3);
  expect(hidden.page).not.toContain('kestrel');
});

test('the report has a few turns of each reason for which possible pairs were not made', async () => {
  const tied = ['a', 'b', 'c', 'd'].flatMap((example) => [
    ...duel(example, 'yes', 'no'),
    { example, prompt: example, response: 'perhaps', score: 1 },
  ]);
  const { page, manifest } = await reportOf(tied, { formats: ['trl'] });
  expect(manifest.totals.skipped_tie).toBeGreaterThanOrEqual(4);
  expect(page.match(/<td>possible pair<\/td>/g)).toHaveLength(3);
});
