import { nearest } from '../contract/nearest.ts';
import { InvalidRequest } from '../errors.ts';
import type { FieldMap } from './field-map.ts';
import { placesOf, withPointers } from './fields/field-choices.ts';
import { type FieldFormat, fieldFormat } from './fields/field-format.ts';
import { readFacts, readOwnFacts } from './fields/read-fields.ts';
import { lastKey, readScoreColumns } from './fields/read-score-columns.ts';
import { rowsOf } from './fields/row.ts';
import { isObject } from './json/exact-json.ts';
import type { SourceCandidate } from './source-candidate.ts';
import type { RecordFormat, RecordReading, SourceFormat } from './source-format.ts';

/** The format that a request spells out, by itself or on top of a preset. */
export function fieldMapFormat(
  map: FieldMap,
  presets: { readonly fields: readonly FieldFormat[]; readonly others: readonly SourceFormat[] },
): RecordFormat {
  const { preset: name } = map;
  if (name === undefined) return spelledOut(map);
  const byFields = presets.fields.find((preset) => preset.name === name);
  if (byFields) return onFields(byFields, map);
  const other = presets.others.find((preset) => preset.name === name);
  if (other?.kind === 'records') return besideFormat(other, map);
  if (other) {
    throw new InvalidRequest(
      `source.format.preset is ${name}, which joins several records to one answer: it takes no pointers. Set source.format to ${name}.`,
    );
  }
  const names = [...presets.fields, ...presets.others].map((preset) => preset.name);
  const meant = nearest(name, names);
  const help = meant === undefined ? `The presets are ${names.join(', ')}.` : `Did you mean ${meant}?`;
  throw new InvalidRequest(`source.format.preset is ${JSON.stringify(name)}, which is not a source format. ${help}`);
}

function spelledOut(map: FieldMap): FieldFormat {
  const judged = map.chosen !== undefined || map.winner !== undefined;
  return fieldFormat({
    name: 'field map',
    holds: judged ? 'answers' : 'conversations',
    defaultScore: judged ? 'preference' : nameOfScore(map),
    scattered: !judged && (map.candidates === undefined || map.group !== undefined),
    fields: withPointers({}, map),
    rules: {},
    detect: () => 'sure',
  });
}

/** A group that is named may lie in several records; those that are judged compete in their own record alone. */
function onFields(preset: FieldFormat, map: FieldMap): FieldFormat {
  const fields = withPointers(preset.fields, map);
  const judged = fields.chosen !== undefined || fields.winner !== undefined;
  const customary = new Set(Object.keys(preset.fields).filter((field) => !Object.hasOwn(map, field)));
  return fieldFormat({
    ...preset,
    defaultScore: judged || map.score === undefined ? preset.defaultScore : nameOfScore(map),
    scattered: preset.scattered || (!judged && map.group !== undefined),
    fields,
    rules: { ...preset.rules, customary },
  });
}

const nameOfScore = ({ score }: FieldMap): string | undefined =>
  typeof score === 'string' ? lastKey(score) : undefined;

/** A format that reads answers by itself: pointers replace what it says about them. */
function besideFormat(format: RecordFormat, map: FieldMap): RecordFormat {
  const fields = withPointers({}, map);
  const refused = Object.keys(fields).filter((field) => !BESIDE.includes(field));
  if (refused.length > 0) {
    throw new InvalidRequest(
      `source.format.${refused[0]} cannot replace what ${format.name} reads by itself; beside this preset source.format takes ${BESIDE.join(', ')}.`,
    );
  }
  const openRow = rowsOf(placesOf(fields), {});
  const read = (record: unknown): RecordReading => {
    const reading = format.read(record);
    if ('rejected' in reading || !isObject(record)) return reading;
    const row = openRow([record]);
    const facts = readFacts(row);
    if ('rejected' in facts) return facts;
    const scores = fields.score ? readScoreColumns(row, undefined) : { scores: [] };
    if ('rejected' in scores) return scores;
    const { index, metadata } = readOwnFacts(row, []);
    const own: Partial<SourceCandidate> = {
      ...(fields.group && { group: facts.group }),
      ...(fields.turn && { turnId: facts.turnId }),
      ...(fields.id && { id: facts.id }),
      ...(fields.tools && { tools: facts.tools }),
      ...(fields.index && { index }),
      ...(fields.metadata && { metadata }),
    };
    return {
      candidates: reading.candidates.map((candidate) => ({
        ...candidate,
        ...own,
        flags: [...new Set([...candidate.flags, ...facts.flags])],
        loss: candidate.loss ?? facts.loss,
        scores: { ...candidate.scores, ...scores.scores[0] },
      })),
    };
  };
  return {
    ...format,
    read,
    scattered: format.scattered || map.group !== undefined,
    defaultScore: map.score === undefined ? format.defaultScore : nameOfScore(map),
  };
}

const BESIDE: readonly string[] = ['group', 'turn', 'index', 'id', 'error', 'truncated', 'metadata', 'tools', 'score'];
