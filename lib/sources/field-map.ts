import * as z from 'zod';
import { JsonPointer } from './json-pointer.ts';

/** One pointer, or several side by side. */
const Pointers = z.union([JsonPointer, z.array(JsonPointer).min(1)]);
const WinnerValue = z.union([z.string(), z.number(), z.boolean()]);

const Fields = z.strictObject({
  preset: z.string().min(1).optional().describe('A format whose pointers these replace.'),
  group: Pointers.optional().describe(
    'The key that competing candidates share; several pointers make one key. Left out: the prompt.',
  ),
  turn: JsonPointer.optional().describe('The turn, if a group has several.'),
  index: JsonPointer.optional().describe("The candidate's number within its turn."),
  id: JsonPointer.optional().describe("The record's own id."),
  error: JsonPointer.optional().describe('The answer failed unless this is null, false or empty.'),
  truncated: JsonPointer.optional().describe('True, or a finish reason such as length.'),
  metadata: JsonPointer.optional().describe('An object to keep with the candidate.'),
  tools: JsonPointer.optional().describe('The tools that were offered.'),
  prompt: JsonPointer.optional().describe('Text, a message, or a list of messages.'),
  response: Pointers.optional().describe('The answer, a list of answers, or a pointer for each answer.'),
  messages: JsonPointer.optional().describe('Messages; the response follows the last user message.'),
  candidates: JsonPointer.optional().describe('A list of answers, each an object in which pointers begin.'),
  score: z
    .union([JsonPointer, z.array(JsonPointer).min(1), z.record(z.string().min(1), JsonPointer)])
    .optional()
    .describe('The score, a pointer for each answer, or scores by name. For a winner or pair: the strength.'),
  winner: z
    .union([JsonPointer, z.strictObject({ at: JsonPointer, first: WinnerValue, second: WinnerValue })])
    .optional()
    .describe('The better of two answers; {at, first, second} names the values of the two.'),
  chosen: JsonPointer.optional().describe('The preferred answer of a row that is a pair.'),
  rejected: JsonPointer.optional().describe('The other answer of that row.'),
});

/** `source.format` spelled out: where a record holds what. */
export const FieldMap = Fields.superRefine((map, context) => {
  const message = problemOf(map);
  if (message !== undefined) context.addIssue({ code: 'custom', message });
});
export type FieldMap = z.infer<typeof FieldMap>;

/** What the fields lack together. A preset has what the map leaves out. */
function problemOf(map: z.infer<typeof Fields>): string | undefined {
  const { preset, prompt, response, messages, chosen, rejected, winner, score } = map;
  if (preset !== undefined) return undefined;
  const answers = Array.isArray(response) ? response.length : undefined;
  const scores = Array.isArray(score) ? score.length : undefined;
  if ((chosen === undefined) !== (rejected === undefined)) return 'must name both chosen and rejected';
  if (isBeside(map)) return undefined;
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
