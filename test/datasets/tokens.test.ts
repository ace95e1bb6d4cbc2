import { describe, expect, test } from 'vitest';
import type { TokenFacts } from '../../lib/contract/dataset-result.ts';
import { Summary } from '../../lib/contract/summary.ts';
import { noTokens, sumTokens, tokenWarnings } from '../../lib/datasets/token-facts.ts';
import { runKeys } from '../../lib/objects/keys.ts';
import { readAll } from '../../lib/objects/store.ts';
import { readJson } from '../../lib/objects/stored-json.ts';
import { memoryStore } from '../support/memory-store.ts';
import { memoryDeps, runSteps } from '../support/run.ts';

/** Every word is a token, and so is every mark of the template. */
const words = ['<user>', '<assistant>', '<end>', '[unk]', 'one', 'two', 'three', 'four', 'five'];
const tokenizer = {
  version: '1.0',
  truncation: null,
  padding: null,
  added_tokens: [],
  normalizer: null,
  pre_tokenizer: { type: 'WhitespaceSplit' },
  post_processor: null,
  decoder: null,
  model: { type: 'WordLevel', vocab: Object.fromEntries(words.map((word, at) => [word, at])), unk_token: '[unk]' },
};
const chat_template =
  "{% for m in messages %}{% if m.role == 'tool' %}{{ raise_exception('no tools') }}{% endif %}<{{ m.role }}> {{ m.content }} <end> {% endfor %}{% if add_generation_prompt %}<assistant> {% endif %}";

const line = (example_id: string, prompt: unknown, response: string, score: number): string =>
  `${JSON.stringify({ example_id, turn_id: '0', score, prompt, response })}\n`;

/** A prompt of three tokens and of its text's words; each side two more tokens than its words. */
const traces = [
  line('short', 'one two', 'three four', 1),
  line('short', 'one two', 'three', 0),
  line('long', 'one two three four five', 'one two three four five', 1),
  line('long', 'one two three four five', 'one', 0),
  line('tool', [{ role: 'tool', content: 'one' }], 'two', 1),
  line('tool', [{ role: 'tool', content: 'one' }], 'three', 0),
].join('');

async function run(dataset: object, files: Readonly<Record<string, string>> = FILES) {
  const store = memoryStore('traces');
  await store.create('in/traces.jsonl', Buffer.from(traces));
  for (const [file, text] of Object.entries(files)) await store.create(`model/${file}`, Buffer.from(text));
  const deps = memoryDeps(store);
  const { manifest } = await runSteps(
    {
      source: { traces: { bucket: 'traces', prefix: 'in/' } },
      dataset: {
        formats: ['trl'],
        validation_fraction: 0,
        tokenizer: { bucket: 'traces', prefix: 'model' },
        ...dataset,
      },
      // Where every pair is left out, too, it is counted why.
      limits: { allow_empty: true },
    },
    deps,
  );
  const summary = await readJson(deps.collections, runKeys('run').shard(0).summary, Summary);
  return { formats: manifest.formats, tokens: summary.tokens, collections: deps.collections };
}

const FILES = {
  'tokenizer.json': JSON.stringify(tokenizer),
  'tokenizer_config.json': JSON.stringify({ tokenizer_class: 'PreTrainedTokenizerFast', chat_template }),
};

describe('dataset.tokenizer', () => {
  test('counts each pair by the chat template', async () => {
    const { tokens, formats, collections } = await run({});
    // 2 + 5 words and three marks to the prompt; with the answer and its end 8 and 14.
    expect(tokens).toMatchObject({ pairs: 2, uncounted: 1, longest: 14, longest_prompt: 8 });
    expect(formats.trl).toMatchObject({ pairs: 3, left_out: {} });
    // Of both answers, for the report: 8 and 14 against 7 and 10.
    expect(tokens).toMatchObject({ chosen_sum: 22, rejected_sum: 17, chosen_longer: 2, rejected_longer: 0 });
    const page = new TextDecoder().decode(await readAll(collections, runKeys('run').report));
    expect([...page.matchAll(/"tokens":(\{[^}]*\}|null)/g)].map(([, found]) => found).toSorted()).toEqual([
      'null',
      '{"prompt":5,"chosen":8,"rejected":7}',
      '{"prompt":8,"chosen":14,"rejected":10}',
    ]);
  });
  test.each([
    [{ max_tokens: 13 }, { too_long: 1, chat_template: 1 }],
    [{ max_tokens: 14 }, { chat_template: 1 }],
    [{ max_prompt_tokens: 7 }, { too_long: 1, chat_template: 1 }],
    [{ max_tokens: 7 }, { too_long: 2, chat_template: 1 }],
  ])('with %j leaves out %j', async (limits, left_out) => {
    expect((await run(limits)).formats.trl?.left_out).toEqual(left_out);
  });
  test('reads the template out of its own file, too, and keeps the tokenizer with the run', async () => {
    const { tokens, collections } = await run(
      {},
      {
        'tokenizer.json': FILES['tokenizer.json'],
        'chat_template.jinja': '{% for m in messages %}{{ m.content }} {% endfor %}',
      },
    );
    expect(tokens).toMatchObject({ pairs: 3, longest: 10, longest_prompt: 5 });
    expect(await collections.head(runKeys('run').tokenizer)).toBeDefined();
  });
  test('limits without a tokenizer are refused', async () => {
    await expect(run({ tokenizer: null, max_tokens: 9 })).rejects.toThrow('so dataset.tokenizer must name the model');
  });
  test('a folder without one is refused by name before anything is built', async () => {
    await expect(run({}, {})).rejects.toThrow('dataset.tokenizer: traces/model/tokenizer.json does not exist');
  });
});

test('facts of shards add up, and a warning says what TRL would cut', () => {
  const one: TokenFacts = {
    ...noTokens(),
    pairs: 3,
    bins: [0, 0, 0, 1, 1, 1, 0, 0, 0, 0, 0, 0],
    ...{ chosen_sum: 7, rejected_sum: 6, chosen_longer: 1, rejected_longer: 2 },
    longest: 4000,
    longest_prompt: 9,
  };
  const sum = sumTokens([one, undefined, one]);
  expect(sum).toMatchObject({ pairs: 6, longest: 4000, longest_prompt: 9 });
  expect(sum).toMatchObject({ chosen_sum: 14, rejected_sum: 12, chosen_longer: 2, rejected_longer: 4 });
  expect(tokenWarnings(sum, ['openai'])).toEqual([]);
  expect(tokenWarnings(sum, ['trl'])).toEqual([
    "4 of 6 pairs have more than 1024 tokens, TRL's default max_length: TRL cuts or drops them. The longest has 4000. Set max_length, or dataset.max_tokens.",
  ]);
  expect(sumTokens([undefined])).toBeUndefined();
});
