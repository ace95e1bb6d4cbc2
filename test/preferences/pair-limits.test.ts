import fc from 'fast-check';
import { expect, test } from 'vitest';
import { BuilderSettings } from '../../lib/contract/builder.ts';
import { Limits } from '../../lib/contract/request.ts';
import { toUtf8 } from '../../lib/objects/utf8.ts';
import type { Candidate } from '../../lib/preferences/candidate.ts';
import { encodeTextPrompt, encodeTextResponse, encodeTools } from '../../lib/preferences/encoded-text.ts';
import { pairExample } from '../../lib/preferences/pair-example.ts';
import { GROUP_CLOSING, openGroupText, trajectoryWriter } from '../../lib/preferences/trajectory-text.ts';

const text = fc.oneof(fc.string({ unit: 'binary' }), fc.constantFrom('\0'.repeat(50), '漢'.repeat(20), '\ud800'));
const jsonOf = (value: unknown) => toUtf8(JSON.stringify(value));

const candidate = fc
  .record({
    turnId: fc.oneof(fc.constant('t'), text),
    index: fc.constantFrom(0, Number.MAX_SAFE_INTEGER),
    score: fc.oneof(fc.constantFrom(0, 1), fc.double({ noNaN: true, noDefaultInfinity: true })),
    ...{ answer: text, more: text, uuid: fc.option(text), tools: fc.boolean() },
  })
  .map(
    ({ answer, more, tools, ...plain }): Candidate => ({
      ...plain,
      prompt: encodeTextPrompt(jsonOf('q'), 'normal form'),
      response: encodeTextResponse(jsonOf(answer), 'normal form'),
      tools: tools ? encodeTools([more]) : undefined,
      metadataJson: jsonOf({ more }),
    }),
  );

test('a line of the collection is never longer than the limit, whatever its texts are', () => {
  const settings = fc.record({
    exhaustive_pairs: fc.boolean(),
    reward_from_score_diff: fc.boolean(),
    compatibility: fc.constantFrom('strict', 'nat'),
  });
  fc.assert(
    fc.property(fc.array(candidate, { maxLength: 8 }), text, text, settings, (candidates, exampleId, key, builder) => {
      const parsed = BuilderSettings.parse(builder);
      const example = { exampleId, rollouts: [{ place: { key, offset: 2 ** 52 }, candidates, rejected: [] }] };
      const paired = pairExample(example, parsed, Limits.parse({}));
      if ('rejected' in paired) throw new Error(paired.rejected.detail);
      const origin = { runId: 'run', exampleId };
      const trajectories = paired.turns.flat().map((pair) => trajectoryWriter(origin, parsed)(pair).json);
      if (trajectories.length === 0) return;
      const line = [openGroupText(origin), trajectories.join(','), GROUP_CLOSING].join('').length;
      const shorter = Limits.parse({ max_example_bytes: line - 1 });
      expect(pairExample(example, parsed, shorter)).toMatchObject({ rejected: { reason: 'too_many_pairs' } });
    }),
  );
});
