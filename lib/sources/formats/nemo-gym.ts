import { hash } from 'node:crypto';
import type { Message } from '../../contract/trajectory.ts';
import { readResponseItems, readTools, splitConversation } from '../conversation.ts';
import { asRows } from '../fields/as-rows.ts';
import { isObject, type JsonObject } from '../json/exact-json.ts';
import { kindOf } from '../json/kind-of.ts';
import { listOf, memberOf } from '../json/members.ts';
import { sortedText } from '../json/sort-keys.ts';
import { joinKeys, readKey } from '../read-key.ts';
import { readScore } from '../read-score.ts';
import { lost, PLAIN_CANDIDATE, type SourceLoss } from '../source-candidate.ts';
import type { RecordFormat, RecordReading } from '../source-format.ts';

/**
 * NeMo Gym's `rollouts.jsonl`: a rollout a line, in the order in which they ended. `_failures` beside it is read too, and
 * `_materialized_inputs` holds what was asked only.
 */
export const nemoGym: RecordFormat = asRows(
  {
    kind: 'records',
    name: 'nemo_gym',
    holds: 'conversations',
    defaultScore: 'reward',
    scattered: true,
    detect: ({ records }) => (records.every(isRollout) && records.some(isAnswered) ? 'sure' : 'no'),
    read,
  },
  ['responses_create_params', 'response', 'agent_ref'],
);

const isRollout = (record: unknown): boolean =>
  isObject(record) &&
  isObject(record.responses_create_params) &&
  record.responses_create_params.input !== undefined &&
  (isObject(record.response) || '_ng_task_index' in record || 'agent_ref' in record);

const isAnswered = (record: unknown): boolean => isObject(memberOf(record, 'response'));

function read(record: unknown): RecordReading {
  if (!isObject(record) || !isObject(record.responses_create_params)) {
    return { rejected: lost('not_a_rollout', 'it has no responses_create_params') };
  }
  const { responses_create_params: asked, response } = record;
  // A row of inputs, as the library keeps them beside its rollouts.
  if (!isObject(response)) return { candidates: [] };
  const given = readInput(asked);
  const answered = readResponseItems(listOf(response.output));
  if (!('messages' in given)) {
    return { rejected: lost('unknown_item', `its input has an item of type ${given.unknown}`) };
  }
  const tools = readTools(asked.tools);
  return {
    candidates: [
      {
        ...PLAIN_CANDIDATE,
        group: readGroup(record, given.messages, tools),
        index: typeof record._ng_rollout_index === 'number' ? record._ng_rollout_index : undefined,
        id: readId(record),
        conversation: splitConversation(given.messages, 'messages' in answered ? answered.messages : []),
        scores: { reward: readScore(record.reward, 'reward') },
        record,
        tools,
        flags: memberOf(response.incomplete_details, 'reason') === 'max_output_tokens' ? ['truncated'] : [],
        loss:
          'messages' in answered
            ? readLoss(record)
            : lost('unknown_item', `its output has an item of type ${answered.unknown}`),
      },
    ],
  };
}

function readInput({ instructions, input }: JsonObject): ReturnType<typeof readResponseItems> {
  const items = typeof input === 'string' ? [{ role: 'user', content: input }] : listOf(input);
  const first =
    typeof instructions === 'string' && instructions !== '' ? [{ role: 'system', content: instructions }] : [];
  return readResponseItems([...first, ...items]);
}

/** The index of a task starts at 0 in every run, so what was asked is in the key. Without an index that alone is the key. */
function readGroup(
  record: JsonObject,
  prompt: readonly Message[],
  tools: readonly unknown[] | undefined,
): string | undefined {
  const task = readKey(record._ng_task_index);
  if (task === undefined) return undefined;
  const agent = readKey(memberOf(record, 'agent_ref', 'name'));
  const asked = hash('sha256', sortedText([prompt, tools ?? []]), 'hex').slice(0, 16);
  return joinKeys([agent ?? '', task, asked]);
}

const readId = ({ _ng_task_index, _ng_rollout_index, response }: JsonObject): string | null => {
  const [task, rollout] = [readKey(_ng_task_index), readKey(_ng_rollout_index)];
  if (task !== undefined && rollout !== undefined) return `${task}:${rollout}`;
  return readKey(memberOf(response, 'id')) ?? null;
};

const readLoss = ({ _ng_failure_class: failure }: JsonObject): SourceLoss | undefined =>
  failure === undefined || failure === null
    ? undefined
    : lost('failure', `_ng_failure_class is ${readKey(failure) ?? kindOf(failure)}`);
