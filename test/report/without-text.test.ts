import { expect, test } from 'vitest';
import { memoryStore } from '../support/memory-store.ts';
import { memoryDeps, runSteps } from '../support/run.ts';

/** Wherever a trace has text of its own: each word is to be found in the report, or nowhere. */
const WORDS = ['pelican', 'quince', 'ocelot', 'marmot', 'tamarind', 'kestrel', 'lichen'];
const [PROMPT, CHOSEN, REJECTED, EXAMPLE, TURN, TOOL, KEY] = WORDS;

const lines = [0, 1, 2].flatMap((example) =>
  [CHOSEN, REJECTED].map(
    (word, at) =>
      `${JSON.stringify({
        example_id: `${EXAMPLE}-${example}`,
        turn_id: `${TURN}`,
        prompt: [{ role: 'user', content: `Tell of the ${PROMPT} ${example}.` }],
        response: `It is a ${word}.`,
        score: 1 - at,
        tools: [{ type: 'function', function: { name: `${TOOL}`, parameters: {} } }],
        [`${KEY}`]: 1,
      })}\n`,
  ),
);

async function writtenWith(report: object) {
  const traces = memoryStore('traces');
  traces.objects.set('a.jsonl', Buffer.from(lines.join('')));
  traces.objects.set('broken.jsonl', Buffer.from(`{"${KEY}`));
  const collections = memoryStore('collections');
  const source = { traces: { bucket: 'traces', prefix: '' } };
  const limits = { max_rejected_fraction: 1, allow_incomplete: true, allow_empty: true };
  const { manifest } = await runSteps({ source, limits, ...report }, memoryDeps(traces, collections));
  const textOf = (wanted: RegExp) =>
    [...collections.objects]
      .filter(([key]) => wanted.test(key))
      .map(([, body]) => Buffer.from(body).toString())
      .join('\n');
  return { manifest, page: textOf(/report\.html$/), samples: textOf(/sample(?:d-pairs)?\.jsonl?$/) };
}

test('a report shows what the traces say, and without report.text nothing of it, nor do the samples it is made of', async () => {
  const shown = await writtenWith({});
  for (const word of [PROMPT, CHOSEN, REJECTED, EXAMPLE, TURN]) {
    expect(shown.page).toContain(word);
    expect(shown.samples).toContain(word);
  }
  const hidden = await writtenWith({ report: { text: false } });
  for (const word of WORDS) {
    expect(hidden.page).not.toContain(word);
    expect(hidden.samples).not.toContain(word);
  }
  expect(hidden.page).toContain('<code>report.text</code> is false');
  expect(hidden.page).toContain('example 1');
  expect(hidden.page).not.toContain('<script');
});

test('what is counted is the same with and without text', async () => {
  const [shown, hidden] = [await writtenWith({}), await writtenWith({ report: { text: false } })];
  expect(hidden.manifest.totals).toEqual(shown.manifest.totals);
  expect(hidden.manifest.collection).toEqual(shown.manifest.collection);
  const figures = (page: string) => [...page.matchAll(/<dl class="tiles">.*<\/dl>/g)].map(([tiles]) => tiles);
  expect(figures(hidden.page)).toEqual(figures(shown.page));
});
