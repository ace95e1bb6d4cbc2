import { readTools, splitConversation } from '../../conversation.ts';
import { folderOf, foldersAbove, groupByFolder } from '../../folders.ts';
import { isObject, type JsonObject } from '../../json/exact-json.ts';
import { listOf, memberOf } from '../../json/members.ts';
import { readKey } from '../../read-key.ts';
import { readScore } from '../../read-score.ts';
import { lost, PLAIN_CANDIDATE, type SourceLoss, type SourceScore } from '../../source-candidate.ts';
import type { JoinedEntries, RecordFormat, RecordReading } from '../../source-format.ts';
import { readTrajectory } from './atif.ts';
import { INVALIDATING_EXCEPTIONS } from './invalidating-exceptions.ts';

/**
 * Harbor's jobs: a folder per trial with `result.json`, and the trajectory that the agent left (ATIF, the Agent Trajectory
 * Interchange Format). The trials of a task compete, of one job or of several.
 */
export const harbor: RecordFormat = {
  kind: 'records',
  name: 'harbor',
  holds: 'conversations',
  defaultScore: 'reward',
  scattered: true,
  joinEntries,
  detect: ({ records }) =>
    records.some((record) => isTrial(resultOf(record))) &&
    records.every((record) => isTrial(resultOf(record)) || isJob(resultOf(record)))
      ? 'sure'
      : 'no',
  read,
};

const resultOf = (record: unknown): unknown => memberOf(record, 'result');

const isTrial = (result: unknown): result is JsonObject =>
  isObject(result) && ['task_name', 'trial_name', 'task_checksum'].every((key) => typeof result[key] === 'string');

/** The job's own `result.json`, above those of its trials. */
const isJob = (result: unknown): boolean => isObject(result) && isObject(result.stats) && 'n_total_trials' in result;

function joinEntries(names: readonly string[]): readonly JoinedEntries[] {
  const files = groupByFolder(names);
  const folders = new Set([...files.keys()].flatMap((folder) => [folder, ...foldersAbove(folder)]));
  const results = names.filter((name) => name === `${folderOf(name)}result.json`);
  const trials = new Set(
    results.map(folderOf).filter((folder) => TRIAL_FOLDERS.some((part) => folders.has(folder + part))),
  );
  return results
    .filter((name) => !foldersAbove(folderOf(name)).some((folder) => trials.has(folder)))
    .map((name) => {
      const agent = `${folderOf(name)}agent/`;
      const left = files.get(agent) ?? [];
      const continued = left.filter((file) => continuation(file) > 0).sort((a, b) => continuation(a) - continuation(b));
      return {
        place: name,
        entries: {
          result: name,
          ...(left.includes(`${agent}trajectory.json`) && { trajectory: `${agent}trajectory.json` }),
          ...(continued.length > 0 && { continued }),
        },
      };
    });
}

/** What a trial leaves beside its result. What lies in them may have any name, `result.json` too. */
const TRIAL_FOLDERS = ['agent/', 'verifier/', 'artifacts/', 'steps/'];

/** An agent that drops its history to save context may begin a new file. */
const continuation = (file: string): number => Number(/\/trajectory\.cont-(\d+)\.json$/.exec(file)?.[1] ?? 0);

function read(record: unknown): RecordReading {
  const result = resultOf(record);
  if (isJob(result)) return { candidates: [] };
  if (!isObject(record) || !isTrial(result)) {
    return { rejected: lost('not_a_trial', 'its result.json has no task_name, trial_name and task_checksum') };
  }
  const continued = listOf(record.continued);
  const trajectory = readTrajectory([record.trajectory, ...continued]);
  const exceptions = readExceptions(result);
  return {
    candidates: [
      {
        ...PLAIN_CANDIDATE,
        group: `${readKey(result.task_name)}@${readKey(result.task_checksum)}`,
        id: readKey(result.trial_name) ?? null,
        conversation: trajectory ?? splitConversation([], []),
        scores: readRewards(result.verifier_result),
        record: result,
        tools: readTools(memberOf(record.trajectory, 'agent', 'tool_definitions')),
        flags: [
          ...exceptions.map((type) => `exception:${type}`),
          ...(continued.length > 0 ? [`continued:${continued.length}`] : []),
        ],
        loss: readLoss(result, exceptions) ?? (trajectory ? undefined : lossWithout(record)),
        metadata: {
          agent: readKey(memberOf(result, 'agent_info', 'name')) ?? null,
          model: readKey(memberOf(result, 'agent_info', 'model_info', 'name')) ?? null,
        },
      },
    ],
  };
}

/** Of older files, a single number. */
function readRewards(verified: unknown): Readonly<Record<string, SourceScore>> {
  if (!isObject(verified)) return {};
  const rewards = isObject(verified.rewards) ? verified.rewards : { reward: verified.reward };
  return Object.fromEntries(Object.entries(rewards).map(([name, reward]) => [name, readScore(reward, name)]));
}

/** Types of the trial's own exception, and of its steps'. */
const readExceptions = (result: JsonObject): string[] =>
  [result, ...listOf(result.step_results)].flatMap(
    (step) => readKey(memberOf(step, 'exception_info', 'exception_type')) ?? [],
  );

/**
 * An exception is no loss by itself: an agent that ran out of time earned its 0. A reward counts unless the failure was
 * the environment's, the provider's, the verifier's or the account's.
 */
function readLoss(result: JsonObject, exceptions: readonly string[]): SourceLoss | undefined {
  const fault = exceptions.find((type) => INVALIDATING_EXCEPTIONS.has(type));
  const valid = typeof result.reward_valid === 'boolean' ? result.reward_valid : fault === undefined;
  if (valid) return undefined;
  const cause = fault ?? exceptions[0];
  return lost(
    'invalid_reward',
    cause === undefined ? 'its reward_valid is false' : `its reward is not valid: the trial ended in ${cause}`,
  );
}

function lossWithout({ trajectory, result }: JsonObject): SourceLoss {
  if (trajectory !== undefined) {
    return lost('invalid_messages', 'its agent/trajectory.json is not ATIF: it has no list of steps with messages');
  }
  const steps = listOf(memberOf(result, 'step_results')).length;
  return steps > 0
    ? lost('several_steps', `its task has ${steps} steps, each with a trajectory and a reward of its own`)
    : lost('no_trajectory', 'its agent left no agent/trajectory.json');
}
