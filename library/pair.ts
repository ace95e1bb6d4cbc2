import type { Lineage, Prompt, Response } from '../lib/contract/trajectory.ts';

/** A preference pair: what {@link buildPairs} yields and {@link chooseDataset} takes. */
export interface Pair {
  /** The example that the answers are of. */
  readonly exampleId: string;
  /** Its turn; "0" where the source has no turns. */
  readonly turnId: string;
  /** Text, or messages. */
  readonly prompt: Prompt;
  /** The better answer: text, a message, or messages. */
  readonly chosen: Response;
  /** The other answer. */
  readonly rejected: Response;
  /** The tools that the model was offered; undefined where the source has none. */
  readonly tools?: readonly unknown[] | undefined;
  /** The difference of the scores. */
  readonly margin: number;
  /** The score of the chosen answer, in the scorer's own unit. */
  readonly scoreChosen: number;
  /** The score of the rejected answer. */
  readonly scoreRejected: number;
  /** Where the chosen answer's record is, and the ids of both. */
  readonly lineage: Lineage;
  /** Whether the prompt has its chat template in it already. */
  readonly rendered: boolean;
  /** The number of its example among those with pairs. Pairs of one example follow one another, turn by turn. */
  readonly example: number;
}
