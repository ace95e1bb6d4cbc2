import { Group, type Response, type Trajectory } from '../../contract/trajectory.ts';
import { looksRendered } from '../fields/looks-rendered.ts';
import { isObject } from '../json/exact-json.ts';
import type { SourceCandidate } from '../source-candidate.ts';
import type { RecordFormat, RecordReading } from '../source-format.ts';

/**
 * A collection that a run of this project committed. Each line is a group; its pairs give the candidates back, each once.
 * With the same settings they make the same pairs again.
 */
export const collection: RecordFormat = {
  kind: 'records',
  name: 'collection',
  generic: false,
  holds: 'answers',
  defaultScore: 'score',
  scattered: false,
  detect: ({ records }) => (records.length > 0 && records.every(isGroup) ? 'sure' : 'no'),
  read,
};

const isGroup = (record: unknown): boolean =>
  isObject(record) && 'run_id' in record && 'example_id' in record && Array.isArray(record.trajectories);

function read(record: unknown): RecordReading {
  const group = Group.safeParse(record);
  if (!group.success) {
    const [issue] = group.error.issues;
    const detail = `${issue?.path.join('.') || 'the line'}: ${issue?.message}`;
    return { rejected: { reason: 'invalid_collection_line', detail } };
  }
  const turns = new Map<string, Map<string, SourceCandidate>>();
  for (const trajectory of group.data.trajectories) {
    const turn = turns.get(trajectory.metadata.turn_id) ?? new Map<string, SourceCandidate>();
    turns.set(trajectory.metadata.turn_id, turn);
    for (const candidate of sidesOf(trajectory)) {
      const identity = identify(candidate);
      if (!turn.has(identity)) turn.set(identity, candidate);
    }
  }
  return { candidates: [...turns.values()].flatMap((turn) => [...turn.values()]) };
}

/** Sources may give all candidates of a turn one index, or none an id: all that a pair says of one tells it apart. */
const identify = ({ index, id, scores, conversation, metadata }: SourceCandidate): string =>
  JSON.stringify([index, id, scores, conversation, metadata]);

function sidesOf({ episode: [step], metadata }: Trajectory): readonly SourceCandidate[] {
  const { prompt, chosen_response, rejected_response } = step;
  const side = (response: Response, of: Omit<SourceCandidate, keyof typeof SAME | 'conversation'>) => ({
    ...SAME,
    ...of,
    conversation: { kind: 'answer', prompt, response, rendered: isRendered(prompt) } as const,
  });
  const { example_id: group, turn_id: turnId, lineage, tools } = metadata;
  return [
    side(chosen_response, {
      ...{ group, turnId, tools },
      index: metadata.chosen_index,
      id: lineage.chosen_uuid,
      scores: { score: { value: metadata.chosen_score } },
      metadata: metadata.chosen_raw_metadata ?? {},
    }),
    side(rejected_response, {
      ...{ group, turnId, tools },
      index: metadata.rejected_index,
      id: lineage.rejected_uuid,
      scores: { score: { value: metadata.rejected_score } },
      metadata: metadata.rejected_raw_metadata ?? {},
    }),
  ];
}

const SAME = { flags: [], loss: undefined } as const;

const isRendered = (prompt: Trajectory['episode'][0]['prompt']): boolean =>
  typeof prompt === 'string' && looksRendered(prompt);
