import type { Message } from '../../../contract/trajectory.ts';
import { splitConversation } from '../../conversation.ts';
import { sortedText } from '../../json/sort-keys.ts';
import { PLAIN_CANDIDATE, type SourceCandidate, type SourceLoss, type SourceScore } from '../../source-candidate.ts';

/** What was said in a call of a model, whatever the tracing. */
export interface SpokenCall {
  readonly given: readonly Message[];
  /** What the model said: empty where the call failed. */
  readonly answered: readonly Message[];
  readonly tools: readonly unknown[] | undefined;
  readonly truncated: boolean;
  /** Why what was said is not here. */
  readonly loss?: SourceLoss;
}

export interface ModelCall extends SpokenCall {
  /** Text that sorts by time. */
  readonly start: string;
}

export interface Trace {
  readonly id: string | null;
  /** At least one, in any order. */
  readonly calls: readonly [ModelCall, ...ModelCall[]];
  readonly scores: Readonly<Record<string, SourceScore>>;
  /** Why the whole trace is no candidate. */
  readonly loss: SourceLoss | undefined;
}

/**
 * A trace is an answer: to what its first call was given, by the last call that goes on from there, whose input repeats
 * all that happened in between. Calls that began otherwise (a sub-agent, a title) are not part of it.
 */
export function traceCandidate({ id, calls, scores, loss }: Trace): SourceCandidate {
  const [first, ...later] = calls.toSorted((a, b) => (a.start < b.start ? -1 : a.start > b.start ? 1 : 0));
  const goOn = first ? later.filter(beginsLike(first)) : [];
  const last = goOn.at(-1) ?? first;
  const given = first?.given ?? [];
  const others = later.length - goOn.length;
  return {
    ...PLAIN_CANDIDATE,
    id,
    conversation: splitConversation(given, [...(last?.given.slice(given.length) ?? []), ...(last?.answered ?? [])]),
    scores,
    tools: first?.tools,
    flags: [...(last?.truncated ? ['truncated'] : []), ...(others > 0 ? [`other_calls:${others}`] : [])],
    loss: loss ?? first?.loss ?? last?.loss,
  };
}

const beginsLike = ({ given }: ModelCall): ((call: ModelCall) => boolean) => {
  const wanted = given.map(sortedText);
  return (call) => call.given.length >= given.length && wanted.every((text, at) => sortedText(call.given[at]) === text);
};
