import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import * as z from 'zod';
import { Request } from '../../../lib/contract/request.ts';
import { chatMessage } from '../../../lib/datasets/formats/chat.ts';
import { answersOf, messagesOf, preferPrompt, preferResponse } from '../../../lib/datasets/preference.ts';
import { openTokenCounter } from '../../../lib/datasets/token-counter.ts';
import { readTokenizer } from '../../../lib/stages/pin-tokenizer.ts';
import { memoryStore } from '../../support/memory-store.ts';
import { memoryDeps } from '../../support/run.ts';
import { pythonOf, runPython } from '../python.ts';
import { KINDS } from './corpus.ts';
import { LOADERS } from './loaders.ts';

const Counts = z.array(z.tuple([z.number(), z.number()]));

test.each(['qwen2_5', 'llama3_1', 'qwen3', 'glm4moe'])(
  'tokens are counted as transformers counts them, with the template %s',
  async (template) => {
    const python = await pythonOf(LOADERS);
    const folder = await mkdtemp(join(tmpdir(), 'dpo-tokens-'));
    const pairs = KINDS.flatMap(({ name, pairs }) => (name === 'late-tools' ? pairs.slice(-20) : pairs.slice(0, 12)));
    const asked = pairs.map(({ prompt = '', chosen = '', tools }) => ({
      prompt: preferPrompt(prompt),
      response: preferResponse(chosen),
      ...(tools && { tools }),
    }));
    const jobs = asked.map(({ prompt, response, tools }) => ({
      prompt: messagesOf(prompt).map(chatMessage),
      whole: [...messagesOf(prompt), ...answersOf(response)].map(chatMessage),
      tools: tools ?? [],
    }));
    const list = join(folder, 'jobs.json');
    await writeFile(list, JSON.stringify(jobs));
    const model = join(folder, 'model');
    const script = fileURLToPath(new URL('make_tokenizer.py', import.meta.url));
    const counts = Counts.parse(JSON.parse(await runPython(python, [script, template, model, list])));

    const store = memoryStore('models');
    for (const file of await readdir(model)) await store.create(`m/${file}`, await readFile(join(model, file)));
    const source = { traces: { bucket: 'traces', prefix: '' } };
    const request = Request.parse({ run_id: 'r', source, dataset: { tokenizer: { bucket: 'models', prefix: 'm/' } } });
    const stored = await readTokenizer(request, memoryDeps(store));
    if (!stored) throw new Error('There is no tokenizer.');
    const counter = openTokenCounter(stored, 'chat');
    expect(asked.map((one) => [counter.prompt(one), counter.whole(one, one.response)])).toEqual(counts);
    await rm(folder, { recursive: true, force: true });
  },
);
