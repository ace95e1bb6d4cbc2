import * as z from 'zod';
import type { DatasetFile, LeftOutReason } from '../../contract/dataset-result.ts';
import type { Message } from '../../contract/trajectory.ts';
import { isObject } from '../../sources/json/exact-json.ts';
import { messageOf, messagesOf, type Preference } from '../preference.ts';
import { readArguments } from './chat.ts';
import type { Format } from './format.ts';
import { whyNotFunctions } from './function-tools.ts';
import { namedField } from './named-field.ts';
import { whyNotPlain } from './plain.ts';
import { toolsColumn } from './trl.ts';

const FROM: Readonly<Record<string, string>> = {
  system: 'system',
  user: 'human',
  assistant: 'gpt',
  tool: 'observation',
};

const Response = z.strictObject({ from: z.enum(['gpt', 'function_call']), value: z.string() });
const Turn = z.strictObject({
  from: z.enum(['system', 'human', 'gpt', 'function_call', 'observation']),
  value: z.string(),
});

/**
 * LLaMA-Factory's sharegpt with ranking. After a system message the turns alternate, human or observation first and
 * last; the trainer skips any other row with no more than a warning. Calls are turns of their own (`function_call`).
 */
export const llamaFactory: Format = {
  files: { training: 'training.jsonl', validation: 'validation.jsonl' },
  conversations: false,
  takesColumns: true,
  Line: z.looseObject({
    conversations: z.array(Turn).refine((turns) => alternates(turns.map(({ from }) => from))),
    chosen: Response,
    rejected: Response,
    tools: z.string().optional(),
  }),
  whyNotPrompt: whyNotConversation,
  whyNotResponse: (response) =>
    Array.isArray(response)
      ? 'conversation'
      : (whyNotTurn(messageOf(response)) ?? (messageOf(response).role === 'assistant' ? undefined : 'role')),
  whyNotTools: whyNotFunctions,
  parquet: (layout) => [
    { name: 'conversations', kind: 'json list' },
    { name: 'chosen', kind: 'json' },
    { name: 'rejected', kind: 'json' },
    ...toolsColumn(layout),
  ],
  typedColumns: () => [['prompt'], ['chosen'], ['rejected']],
  line: ({ prompt, chosen, rejected, tools }, layout) => ({
    conversations: messagesOf(prompt).map(turnOf),
    chosen: turnOf(messageOf(chosen)),
    rejected: turnOf(messageOf(rejected)),
    ...(layout.tools && { tools: tools ? JSON.stringify(tools.map(declarationOf)) : '' }),
  }),
  companion: {
    file: 'dataset_info.json',
    text: (files, { tools }) =>
      `${JSON.stringify(Object.fromEntries(files.map((file) => entryOf(file, tools))), null, 2)}\n`,
  },
};

function whyNotConversation(prompt: Preference['prompt']): LeftOutReason | undefined {
  const messages = messagesOf(prompt);
  if (messages.length === 0) return 'empty_prompt';
  const reason = messages.map(whyNotTurn).find((found) => found !== undefined);
  return reason ?? (alternates(messages.map((message) => turnOf(message).from)) ? undefined : 'turn_order');
}

/** Text, a tool's result, or calls without a text beside them. */
function whyNotTurn(message: Message): LeftOutReason | undefined {
  if (FROM[message.role] === undefined) return 'role';
  if (message.role === 'tool') {
    if (typeof message.content !== 'string') return whyNotPlain(message);
    return Object.keys(message).every((key) => TOOL_KEYS.includes(key)) ? undefined : namedField(message, TOOL_KEYS);
  }
  if (message.tool_calls === undefined) return whyNotPlain(message);
  const { role, content, tool_calls, ...rest } = message;
  if (role !== 'assistant' || (content !== undefined && content !== '') || !callsOf(tool_calls)) return 'tool_calls';
  return Object.keys(rest).length === 0 ? undefined : namedField(message, ['role', 'content', 'tool_calls']);
}

/** A result follows its call, so neither its id nor its tool's name says more. */
const TOOL_KEYS: readonly string[] = ['role', 'content', 'tool_call_id', 'name'];

function turnOf({ role, content, tool_calls }: Message): { readonly from: string; readonly value: string } {
  if (tool_calls !== undefined) {
    const calls = callsOf(tool_calls) ?? [];
    return { from: 'function_call', value: JSON.stringify(calls.length === 1 ? calls[0] : calls) };
  }
  return { from: FROM[role] ?? role, value: typeof content === 'string' ? content : '' };
}

/** The trainer reads the calls as JSON, arguments included. */
function callsOf(found: unknown): readonly { readonly name: string; readonly arguments: unknown }[] | undefined {
  if (!Array.isArray(found)) return undefined;
  const calls = found.map((call) => (isObject(call) && isObject(call.function) ? call.function : undefined));
  const read = calls.flatMap((called) => {
    if (typeof called?.name !== 'string' || typeof called.arguments !== 'string') return [];
    const given = readArguments(called.arguments);
    return given ? [{ name: called.name, arguments: given }] : [];
  });
  return read.length === found.length ? read : undefined;
}

const declarationOf = (tool: unknown): unknown => (isObject(tool) ? tool.function : tool);

function alternates(from: readonly string[]): boolean {
  const turns = from[0] === 'system' ? from.slice(1) : from;
  return (
    turns.length % 2 === 1 &&
    turns.every((one, at) => (at % 2 === 0 ? ['human', 'observation'] : ['gpt', 'function_call']).includes(one))
  );
}

/** Of Parquet a split is several files where the run had several shards: all are named in the recipe. */
const shardIn = (file: string): string => {
  const [, shard, shards] = /-(\d{5})-of-(\d{5})\.parquet$/.exec(file) ?? [];
  return shard === undefined || Number(shards) === 1 ? '' : `_${shard}`;
};

/** `dpo_training`, or with a curriculum `dpo_training_1`, `dpo_training_2`, …: what `dataset:` names in a recipe. */
const entryOf = ({ file, split, bucket }: DatasetFile, tools: boolean) => [
  `dpo_${split}${bucket === null ? '' : `_${bucket}`}${shardIn(file)}`,
  {
    file_name: file,
    formatting: 'sharegpt',
    ranking: true,
    columns: { messages: 'conversations', chosen: 'chosen', rejected: 'rejected', ...(tools && { tools: 'tools' }) },
    tags: {
      role_tag: 'from',
      content_tag: 'value',
      user_tag: 'human',
      assistant_tag: 'gpt',
      observation_tag: 'observation',
      function_tag: 'function_call',
      system_tag: 'system',
    },
  },
];
