import * as z from 'zod';
import { tryParseJson } from '../contract/json-variable.ts';
import type { Request } from '../contract/request.ts';
import { TOKENIZER_FILES } from '../contract/tokenizer-files.ts';
import type { StoredTokenizer } from '../datasets/token-counter.ts';
import { InvalidRequest, ObjectNotFound } from '../errors.ts';
import { runKeys } from '../objects/keys.ts';
import type { ObjectStore } from '../objects/store.ts';
import { jsonText } from '../objects/stored-json.ts';
import { readWhole } from '../sources/containers/byte-reader.ts';
import { type Deps, storeOf } from './deps.ts';

/**
 * The tokenizer that `dataset.tokenizer` names; undefined where it names none. Throws {@link InvalidRequest} where it cannot
 * be read.
 */
export async function readTokenizer(
  { dataset: { tokenizer: place, prompt_style, max_prompt_tokens, max_tokens } }: Request,
  deps: Deps,
): Promise<StoredTokenizer | undefined> {
  if (!place && (max_prompt_tokens !== null || max_tokens !== null)) {
    throw new InvalidRequest(
      'dataset.max_prompt_tokens and max_tokens count tokens, so dataset.tokenizer must name the model. Give the folder of its tokenizer.json.',
    );
  }
  if (!place) return undefined;
  const store = storeOf(place.bucket, deps);
  const folder = folderOf(place.prefix);
  const config = Config.parse(tryParseJson((await readText(store, `${folder}${TOKENIZER_FILES.config}`)) ?? '') ?? {});
  const tokenizer = Config.safeParse(
    tryParseJson((await readText(store, `${folder}${TOKENIZER_FILES.tokenizer}`)) ?? ''),
  ).data;
  if (!tokenizer) {
    throw new InvalidRequest(
      `dataset.tokenizer: ${store.name}/${folder}${TOKENIZER_FILES.tokenizer} does not exist, or is not a JSON object. Give the folder of a model that has one.`,
    );
  }
  const template = (await readText(store, `${folder}${TOKENIZER_FILES.template}`)) ?? Text.parse(config.chat_template);
  const stored = { tokenizer, config, template };
  const { openTokenCounter } = await import('../datasets/token-counter.ts');
  openTokenCounter(stored, prompt_style === 'text' ? 'text' : 'chat');
  return stored;
}

const folderOf = (prefix: string): string => (/(?:^|\/)$/.test(prefix) ? prefix : `${prefix}/`);

/** All that is read of a model's folder. */
export const tokenizerFiles = ({ bucket, prefix }: TokenizerPlace): readonly { bucket: string; key: string }[] =>
  Object.values(TOKENIZER_FILES).map((name) => ({ bucket, key: `${folderOf(prefix)}${name}` }));

type TokenizerPlace = NonNullable<Request['dataset']['tokenizer']>;

/** Keeps the tokenizer with the run: every shard counts by the same one, whatever becomes of the file. */
export async function pinTokenizer(runId: string, tokenizer: StoredTokenizer, { collections }: Deps): Promise<void> {
  await collections.create(runKeys(runId).tokenizer, jsonText(tokenizer));
}

const Config = z.record(z.string(), z.unknown());
const Text = z.string().nullable().catch(null);

/** 128 MiB: those of models with 260,000 tokens have 35 MB. */
const LARGEST_TOKENIZER = 134_217_728;

async function readText(store: ObjectStore, key: string): Promise<string | undefined> {
  try {
    const bytes = await readWhole(store.read(key), LARGEST_TOKENIZER);
    if (bytes) return bytes.toString();
    throw new InvalidRequest(
      `dataset.tokenizer: ${store.name}/${key} is larger than ${LARGEST_TOKENIZER} bytes, the limit for a tokenizer's file.`,
    );
  } catch (error) {
    if (error instanceof ObjectNotFound) return undefined;
    throw error;
  }
}
