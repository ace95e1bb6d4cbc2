import { describe, expect, test } from 'vitest';
import { BuilderSettings } from '../../lib/contract/builder.ts';
import { Limits } from '../../lib/contract/request.ts';
import { Trajectory } from '../../lib/contract/trajectory.ts';
import { fromUtf8, toUtf8 } from '../../lib/objects/utf8.ts';
import type { Candidate } from '../../lib/preferences/candidate.ts';
import { encodeTextPrompt, encodeTextResponse, encodeTools } from '../../lib/preferences/encoded-text.ts';
import { pairExample } from '../../lib/preferences/pair-example.ts';
import { trajectoryWriter } from '../../lib/preferences/trajectory-text.ts';

const look = { type: 'function', function: { name: 'look', parameters: { type: 'object' } } };
const find = { type: 'function', function: { name: 'find', parameters: { type: 'object' } } };

const candidate = (response: string, score: number, tools?: readonly unknown[]): Candidate => ({
  turnId: '0',
  index: 0,
  score,
  prompt: encodeTextPrompt(toUtf8('"q"'), 'normal form'),
  response: encodeTextResponse(toUtf8(JSON.stringify(response)), 'normal form'),
  tools: tools && encodeTools(tools),
  metadataJson: toUtf8('{}'),
  uuid: null,
});

function pairOf(candidates: readonly Candidate[], builder: object = {}) {
  const settings = BuilderSettings.parse(builder);
  const rollouts = candidates.map((one, row) => ({
    place: { key: 'a.parquet', row },
    candidates: [one],
    rejected: [],
  }));
  const paired = pairExample({ exampleId: 'e', rollouts }, settings, Limits.parse({}));
  if ('rejected' in paired) throw new Error(paired.rejected.detail);
  const write = trajectoryWriter({ runId: 'run', exampleId: 'e' }, settings);
  return { counters: paired.counters, texts: paired.turns.flat().map(write) };
}

describe('tools belong to the prompt', () => {
  test.each<[string, readonly unknown[] | undefined, readonly unknown[] | undefined, number]>([
    ['the same', [look, find], [find, look], 1],
    ['none on either side', undefined, [], 1],
    ['others', [look], [find], 0],
    ['none on one side', [look], undefined, 0],
  ])('%s', (_, one, other, pairs) => {
    const { counters } = pairOf([candidate('good', 1, one), candidate('bad', 0, other)]);
    expect(counters).toMatchObject({ total_pairs: pairs, skipped_prompt_mismatch: 1 - pairs });
  });

  test('nat knows none', () => {
    const two = [candidate('good', 1, [look]), candidate('bad', 0, [find])];
    expect(pairOf(two, { compatibility: 'nat' }).counters).toMatchObject({
      total_pairs: 1,
      skipped_prompt_mismatch: 0,
    });
  });
});

test.each([true, false])(
  'a trajectory has its tools once, before its lineage, exhaustive_pairs %s',
  (exhaustive_pairs) => {
    const { texts } = pairOf([candidate('good', 1, [look]), candidate('bad', 0, [look])], { exhaustive_pairs });
    const [{ json, toolsAt } = { json: toUtf8(''), toolsAt: 0 }] = texts;
    const { metadata } = Trajectory.parse(JSON.parse(fromUtf8(json)));
    expect(metadata.tools).toEqual([look]);
    expect(metadata.lineage).toEqual({ key: 'a.parquet', row: 0, chosen_uuid: null, rejected_uuid: null });
    expect(Object.keys(metadata).slice(-2)).toEqual(['tools', 'lineage']);
    expect(json.slice(toolsAt)).toMatch(/^\[\{"type":"function"/);
  },
);

test('without tools it has no such key', () => {
  const [{ json, toolsAt } = { json: toUtf8(''), toolsAt: 1 }] = pairOf([candidate('a', 1), candidate('b', 0)]).texts;
  expect(toolsAt).toBe(0);
  expect(json).not.toContain('"tools"');
});
