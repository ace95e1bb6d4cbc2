import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect } from 'vitest';
import type { SourceCandidate } from '../../../lib/sources/source-candidate.ts';
import type { RecordPlace, SourceFormat } from '../../../lib/sources/source-format.ts';

/*
 * Holds what a format reads to the right result of a sample. Pairs are counted here by a reader of their own: it knows
 * candidates, and nothing of how the product pairs them.
 */

/** A sample's `expected.json`. */
export interface Expected {
  readonly candidates: number;
  readonly groups: readonly ExpectedGroup[];
  readonly views: Readonly<Record<string, Readonly<Record<Unit, ExpectedView>>>>;
}

export type Unit = 'final' | 'trajectory';

export interface ExpectedGroup {
  readonly key: string;
  readonly prompt: string | readonly Json[];
  readonly tools: readonly Json[] | null;
  readonly candidates: readonly ExpectedCandidate[];
}

export interface ExpectedCandidate {
  readonly id: string;
  readonly scores: Readonly<Record<string, number | null>>;
  /** `error: ModelError`: the word before the colon is the reason. */
  readonly reason: string | null;
  readonly flags: readonly string[];
  readonly final: string | null;
  readonly trajectory: readonly Json[];
  /** Where they are not the group's. */
  readonly prompt?: string | readonly Json[];
  readonly tools?: readonly Json[] | null;
}

interface ExpectedView {
  readonly pairs: readonly {
    readonly group: string;
    readonly chosen: string;
    readonly rejected: string;
    readonly margin: number;
  }[];
  readonly skipped: Readonly<Record<SkipReason, readonly (readonly string[])[]>>;
}

type SkipReason = 'prompt_mismatch' | 'identical' | 'tie';
type Json = Readonly<Record<string, unknown>>;

/** A candidate under the name that the expected file gives it, in its group. */
export interface NamedCandidate {
  readonly name: string;
  /** Undefined: it competes with all of the same prompt and tools. */
  readonly group: string | undefined;
  readonly candidate: SourceCandidate;
}

export const golden = (path: string): string => fileURLToPath(new URL(`../../golden/sources/${path}`, import.meta.url));
export const readExpected = (path: string): Expected =>
  JSON.parse(readFileSync(golden(`${path}.expected.json`), 'utf8'));

/** A record, and the name of each of its candidates. */
export interface NamedRecord {
  readonly record: unknown;
  readonly place?: RecordPlace;
}

/**
 * All candidates of the records. In a complete format a record is a group, whatever its candidates say; `name` gets the
 * number of the record, the number of the candidate in it, and the candidate.
 */
export function readAll(
  format: SourceFormat,
  records: readonly NamedRecord[],
  name: (record: number, answer: number, candidate: SourceCandidate) => string,
): { readonly named: readonly NamedCandidate[]; readonly rejected: readonly string[] } {
  const places = records.map(({ place }, at) => place ?? { key: 'records', offset: at });
  if (format.kind === 'assembled') {
    const readings = [
      ...format.assemble(records.map(({ record }, at) => ({ record, place: places[at] ?? { key: '', offset: at } }))),
    ];
    return {
      named: readings.flatMap((reading) => {
        if (!('candidate' in reading)) return [];
        const at = places.findIndex(
          (place) => place.key === reading.place.key && place.offset === reading.place.offset,
        );
        return [{ name: name(at, 0, reading.candidate), group: reading.candidate.group, candidate: reading.candidate }];
      }),
      rejected: readings.flatMap((reading) => ('rejected' in reading ? [reading.rejected.reason] : [])),
    };
  }
  const readings = records.map(({ record }) => format.read(record));
  return {
    named: readings.flatMap((reading, record) =>
      'candidates' in reading
        ? reading.candidates.map((candidate, answer) => ({
            name: name(record, answer, candidate),
            group: format.scattered ? candidate.group : `record ${record}`,
            candidate,
          }))
        : [],
    ),
    rejected: readings.flatMap((reading) => ('rejected' in reading ? [reading.rejected.reason] : [])),
  };
}

/** Groups, candidates, losses, flags, scores, answers, and all pairs of every score and unit. */
export function expectSample(named: readonly NamedCandidate[], expected: Expected): void {
  const groups = groupsOf(named);
  expect(named).toHaveLength(expected.candidates);
  const memberships = (of: readonly (readonly string[])[]) => of.map((names) => names.toSorted()).toSorted(byText);
  expect(memberships(groups.map((group) => group.map(({ name }) => name)))).toEqual(
    memberships(expected.groups.map(({ candidates }) => candidates.map(({ id }) => id))),
  );
  const byName = new Map(named.map((one) => [one.name, one.candidate]));
  for (const group of expected.groups) {
    for (const wanted of group.candidates) {
      const candidate = byName.get(wanted.id);
      if (candidate) expectCandidate(candidate, wanted, group);
    }
  }
  for (const [score, units] of Object.entries(expected.views)) {
    for (const unit of ['final', 'trajectory'] as const) {
      expect({ score, unit, ...pairAll(groups, score, unit) }).toEqual({ score, unit, ...inOrder(units[unit]) });
    }
  }
}

function expectCandidate(candidate: SourceCandidate, wanted: ExpectedCandidate, group: ExpectedGroup): void {
  const { conversation } = candidate;
  expect({
    id: wanted.id,
    reason: candidate.loss?.reason ?? null,
    flags: candidate.flags.toSorted(),
    scores: Object.fromEntries(Object.keys(wanted.scores).map((name) => [name, scoreOf(candidate, name) ?? null])),
    prompt: normalForm(conversation.prompt),
    tools: normalTools(candidate.tools),
    trajectory: normalForm(trajectoryOf(candidate)),
    ...(wanted.reason === null && { final: finalOf(candidate)?.content ?? null }),
  }).toEqual({
    id: wanted.id,
    reason: wanted.reason?.replace(/:.*/, '') ?? null,
    flags: wanted.flags.toSorted(),
    scores: wanted.scores,
    prompt: normalForm(wanted.prompt ?? group.prompt),
    tools: normalTools((wanted.tools === undefined ? group.tools : wanted.tools) ?? undefined),
    trajectory: normalForm(wanted.trajectory),
    ...(wanted.reason === null && { final: wanted.final }),
  });
}

export function groupsOf(named: readonly NamedCandidate[]): readonly (readonly NamedCandidate[])[] {
  const keyOf = ({ group, candidate }: NamedCandidate) =>
    `${group === undefined ? JSON.stringify(['asked', normalForm(candidate.conversation.prompt), normalTools(candidate.tools)]) : `group ${group}`} turn ${candidate.turnId}`;
  return [...Map.groupBy(named, keyOf).values()];
}

/** All pairs of a score and a unit, and what is none, in a fixed order. */
export function pairAll(groups: readonly (readonly NamedCandidate[])[], score: string, unit: Unit) {
  const pairs: { chosen: string; rejected: string; margin: number }[] = [];
  const skipped: Record<SkipReason, string[][]> = { prompt_mismatch: [], identical: [], tie: [] };
  for (const group of groups) {
    const usable = group.filter(({ candidate }) => candidate.loss === undefined);
    const final = usable.filter(({ candidate }) => finalOf(candidate));
    const shared = unit === 'final' && new Set(final.map(({ candidate }) => beforeFinal(candidate))).size === 1;
    const sides = usable.flatMap(({ name, candidate }) => {
      const [answer, value] = [
        unit === 'final' ? finalOf(candidate)?.content : normalForm(trajectoryOf(candidate)),
        scoreOf(candidate, score),
      ];
      const asked = shared ? beforeFinal(candidate) : normalForm(candidate.conversation.prompt);
      // A chat template writes the tools into the prompt.
      const prompt = JSON.stringify([asked, normalTools(candidate.tools)]);
      if (answer === undefined || value === undefined || (Array.isArray(answer) && !answer.some(says))) return [];
      return [{ name, value, prompt, answer: JSON.stringify(answer) }];
    });
    for (const [at, a] of sides.entries()) {
      for (const b of sides.slice(at + 1)) {
        const names = [a.name, b.name].toSorted();
        if (a.prompt !== b.prompt) skipped.prompt_mismatch.push(names);
        else if (a.answer === b.answer) skipped.identical.push(names);
        else if (a.value === b.value) skipped.tie.push(names);
        else {
          const [chosen, rejected] = a.value > b.value ? [a, b] : [b, a];
          pairs.push({ chosen: chosen.name, rejected: rejected.name, margin: chosen.value - rejected.value });
        }
      }
    }
  }
  return inOrder({ pairs, skipped });
}

export const inOrder = ({
  pairs,
  skipped,
}: Pick<ExpectedView, 'skipped'> & { pairs: readonly Omit<ExpectedView['pairs'][number], 'group'>[] }) => ({
  pairs: pairs.map(({ chosen, rejected, margin }) => ({ chosen, rejected, margin })).toSorted(byText),
  skipped: Object.fromEntries(
    Object.entries(skipped).map(([reason, of]) => [reason, of.map((names) => names.toSorted()).toSorted(byText)]),
  ),
});

const byText = (a: unknown, b: unknown): number => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1);

const scoreOf = ({ scores }: SourceCandidate, name: string): number | undefined => {
  const score = Object.hasOwn(scores, name) ? scores[name] : undefined;
  return score && 'value' in score ? score.value : undefined;
};

/** A conversation in which the model says nothing is an empty answer. */
const says = (message: Json | string): boolean =>
  typeof message === 'string' ||
  (message.role === 'assistant' &&
    (message.content !== '' || message.tool_calls !== undefined || message.reasoning_content !== undefined));

/** Without what follows the assistant's last message. */
function trajectoryOf({ conversation }: SourceCandidate): readonly Json[] {
  if (conversation.kind === 'text') return [{ role: 'assistant', content: conversation.response }];
  if (conversation.kind === 'answer') throw new TypeError('No sample has answers of pairs.');
  const { trajectory } = conversation;
  return trajectory.slice(0, trajectory.findLastIndex(({ role }) => role === 'assistant') + 1);
}

function finalOf(candidate: SourceCandidate): { readonly content: string } | undefined {
  const last = normalForm(trajectoryOf(candidate)).at(-1);
  if (typeof last !== 'object' || last.tool_calls !== undefined) return undefined;
  return typeof last.content === 'string' && last.content.trim() !== '' ? { content: last.content } : undefined;
}

/** What a candidate's final answer follows, as text to compare. */
function beforeFinal(candidate: SourceCandidate): string {
  const { prompt } = candidate.conversation;
  if (typeof prompt === 'string') return JSON.stringify(prompt);
  return JSON.stringify(normalForm([...prompt, ...trajectoryOf(candidate).slice(0, -1)]));
}

/** Messages as they compare: ids of calls by order, arguments as JSON, null as empty text, text parts joined. */
export function normalForm(messages: string | readonly Json[]): readonly (Json | string)[] {
  if (typeof messages === 'string') return [messages];
  const ids = new Map<unknown, number>();
  const number = (id: unknown): number => ids.get(id) ?? ids.set(id, ids.size).size - 1;
  return messages.map(({ role, content, tool_calls, tool_call_id, reasoning_content }) => ({
    role,
    content: joined(content),
    ...(reasoning_content !== undefined && reasoning_content !== null && { reasoning_content }),
    ...(Array.isArray(tool_calls) &&
      tool_calls.length > 0 && {
        tool_calls: tool_calls.map((call) => [number(call.id), call.function.name, parsed(call.function.arguments)]),
      }),
    ...(tool_call_id !== undefined && tool_call_id !== null && { tool_call_id: number(tool_call_id) }),
  }));
}

const joined = (content: unknown): unknown =>
  Array.isArray(content) && content.every((part) => part.type === 'text')
    ? content.map((part) => part.text).join('')
    : (content ?? '');

const parsed = (text: unknown): unknown => {
  try {
    return sorted(JSON.parse(String(text)));
  } catch {
    return text;
  }
};

const normalTools = (tools: readonly unknown[] | undefined): unknown =>
  sorted(
    (tools ?? []).map((tool) => {
      const { name, description, parameters } = Object(Object(tool).function);
      return { name, description: description ?? '', parameters: parameters ?? {} };
    }),
  );

/** Keys in order, at every depth. */
export const sorted = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .map(([key, inner]) => [key, sorted(inner)] as const)
      .toSorted(byText),
  );
};
