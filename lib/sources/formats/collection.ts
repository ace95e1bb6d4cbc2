import { Group, type Trajectory } from '../../contract/trajectory.ts';
import { looksRendered } from '../fields/looks-rendered.ts';
import { lost, PLAIN_CANDIDATE, type SourceCandidate } from '../source-candidate.ts';
import { everyRecord, type RecordFormat, type RecordReading } from '../source-format.ts';

/**
 * A collection that a run of this project committed. Each line is a group; its pairs give the candidates back, each once.
 * With the same settings they make the same pairs again.
 */
export const collection: RecordFormat = {
  kind: 'records',
  name: 'collection',
  holds: 'answers',
  defaultScore: 'score',
  scattered: false,
  detect: everyRecord((record) => 'run_id' in record && 'example_id' in record && Array.isArray(record.trajectories)),
  read,
};

function read(record: unknown): RecordReading {
  const group = Group.safeParse(record);
  if (!group.success) {
    const [issue] = group.error.issues;
    const detail = `${issue?.path.join('.') || 'the line'}: ${issue?.message}`;
    return { rejected: lost('invalid_collection_line', detail) };
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
  const { example_id: group, turn_id: turnId, lineage, tools } = metadata;
  return (['chosen', 'rejected'] as const).map((side) => ({
    ...PLAIN_CANDIDATE,
    ...{ group, turnId, tools },
    index: metadata[`${side}_index`],
    id: lineage[`${side}_uuid`],
    conversation: {
      kind: 'answer',
      prompt: step.prompt,
      response: step[`${side}_response`],
      rendered: isRendered(step.prompt),
    },
    scores: { score: { value: metadata[`${side}_score`] } },
    metadata: metadata[`${side}_raw_metadata`] ?? {},
  }));
}

const isRendered = (prompt: Trajectory['episode'][0]['prompt']): boolean =>
  typeof prompt === 'string' && looksRendered(prompt);
