import * as z from 'zod';
import { JsonPointer } from './json-pointer.ts';

/** One pointer, or several side by side. */
const Pointers = z.union([JsonPointer, z.array(JsonPointer).min(1)]);
const WinnerValue = z.union([z.string(), z.number(), z.boolean()]);

const Fields = z.strictObject({
  preset: z
    .string()
    .min(1)
    .optional()
    .describe('A source format to start from; the pointers given here replace its own.'),
  group: Pointers.optional().describe(
    'The group: text or a number that competing candidates share; several pointers form one key. Left out: the prompt.',
  ),
  turn: JsonPointer.optional().describe('The turn within the group, if a group has several.'),
  index: JsonPointer.optional().describe("The candidate's number within its turn."),
  id: JsonPointer.optional().describe("The record's own id."),
  error: JsonPointer.optional().describe(
    'The field that marks a failed answer: any value but null, false and empty ones.',
  ),
  truncated: JsonPointer.optional().describe(
    'The field that marks an answer as cut short: true, or a finish reason such as length.',
  ),
  metadata: JsonPointer.optional().describe('An object that goes to the collection with the candidate.'),
  tools: JsonPointer.optional().describe('The tools that the model could call.'),
  prompt: JsonPointer.optional().describe('The prompt: text, a message, or a list of messages.'),
  response: Pointers.optional().describe(
    'The answer: text, a message, or a list of messages; a list of answers beside a list of scores; or a pointer for each of several answers.',
  ),
  messages: JsonPointer.optional().describe(
    'Messages that hold prompt and response; the response is what follows the last turn of the user.',
  ),
  candidates: JsonPointer.optional().describe(
    'A list of answers, each an object. Pointers then start at the answer, or at the record if the answer has no such field.',
  ),
  score: z
    .union([JsonPointer, z.array(JsonPointer).min(1), z.record(z.string().min(1), JsonPointer)])
    .optional()
    .describe(
      'The score, or an object of scores; a pointer for each of several answers; or several scores by name. Beside winner, chosen and rejected: how strongly the winner was preferred.',
    ),
  winner: z
    .union([JsonPointer, z.strictObject({ at: JsonPointer, first: WinnerValue, second: WinnerValue })])
    .optional()
    .describe(
      'Which of two answers was judged better; with {at, first, second}, the values that mean the first and the second.',
    ),
  chosen: JsonPointer.optional().describe('The answer that was preferred, in a row that is a pair already.'),
  rejected: JsonPointer.optional().describe('The other answer of such a row.'),
});

/** `source.format` spelled out: where a record holds what. */
export const FieldMap = Fields.superRefine((map, context) => {
  const message = problemOf(map);
  if (message !== undefined) context.addIssue({ code: 'custom', message });
});
export type FieldMap = z.infer<typeof FieldMap>;

/** What the fields lack together. A preset has what the map leaves out. */
function problemOf({
  preset,
  prompt,
  response,
  messages,
  chosen,
  rejected,
  winner,
  score,
  candidates,
}: z.infer<typeof Fields>): string | undefined {
  if (preset !== undefined) return undefined;
  const answers = Array.isArray(response) ? response.length : undefined;
  const scores = Array.isArray(score) ? score.length : undefined;
  if ((chosen === undefined) !== (rejected === undefined)) return 'must name both chosen and rejected';
  if (isBeside({ preset, prompt, response, messages, chosen, winner, candidates })) return undefined;
  if (messages === undefined && chosen === undefined && response === undefined)
    return 'must say where answers are: response and prompt, or messages, or chosen and rejected';
  if (response !== undefined && answers === undefined && prompt === undefined && messages === undefined)
    return 'must say where the prompt of the response is: prompt, or messages';
  if (winner !== undefined && answers !== 2) return 'must name two responses beside winner, as a list of two pointers';
  return scores !== undefined && scores !== (chosen === undefined ? answers : 2)
    ? 'must name as many scores as responses, where score is a list of pointers'
    : undefined;
}

/** It says nothing of answers, and names no preset that does: it goes beside the format that the content shows. */
export const isBeside = ({ preset, prompt, response, messages, chosen, winner, candidates }: FieldMap): boolean =>
  [preset, prompt, response, messages, chosen, winner, candidates].every((field) => field === undefined);
