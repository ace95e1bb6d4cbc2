import type { BuilderSettings } from '../../contract/builder.ts';
import type { TraceObject } from '../../contract/plan.ts';
import type { Beside, RunSource } from '../../contract/run-source.ts';
import type { TraceSource } from '../../contract/source.ts';
import { SourceFormatName } from '../../contract/source-format-name.ts';
import { InputChanged, InvalidRequest, NoTraces } from '../../errors.ts';
import { checkFieldMap } from '../../sources/check-field-map.ts';
import { explainUnknown } from '../../sources/detect-format.ts';
import { isBeside } from '../../sources/field-map.ts';
import { SOURCE_FORMATS } from '../../sources/formats/index.ts';
import { isEvaluatorOutputName, nameOf, passOverNatFiles } from '../../sources/formats/nat/evaluation-folder.ts';
import { openFormat } from '../../sources/open-format.ts';
import { chooseScore } from '../../sources/pick-score.ts';
import { defaultUnit, type JoinedEntries, type SourceFormat } from '../../sources/source-format.ts';
import type { Deps } from '../deps.ts';
import { each } from '../each.ts';
import { type ListedObject, TRACE_NAME } from '../find-traces.ts';
import { NAMED_KEYS, tallyBeside } from '../tally-beside.ts';
import { findBesideEntries } from './beside-entries.ts';
import { formatsOf, PLAIN } from './find-formats.ts';
import { findNative, LOOKS_AT_ONCE, type SortedObjects, sortByContent } from './find-native.ts';
import { findScores } from './find-scores.ts';
import { namesIn } from './join-objects.ts';
import { readRecords } from './read-records.ts';
import { asJsonObject, isJoining, keepSamples, lookAtObject, type SampledObject, takeFirst } from './sample-object.ts';
import { isScoredEvaluation } from './scored-evaluation.ts';

/** What a run's objects are: NAT's traces and candidate lines, which are read as they always were, or another format's records. */
export type ResolvedSource = NativeSource | RecordSource;

export interface NativeSource {
  readonly kind: 'native';
  readonly objects: readonly ListedObject[];
  /** Keys of what NAT wrote beside its traces. */
  readonly passedOver: readonly string[];
  /** What holds no traces. */
  readonly beside: readonly Beside[];
}

export interface RecordSource extends Omit<FoundRecords, 'passedOver'> {
  readonly settings: SourceSettings;
}

/** The records of a format, before it is decided by which score and which unit they compare. */
export interface FoundRecords {
  readonly kind: 'records';
  readonly format: SourceFormat;
  readonly objects: readonly SampledObject[];
  /** Of a folder whose objects make records together. */
  readonly joins: readonly JoinedEntries[];
  readonly passedOver: readonly string[];
  /** What cannot be read of a folder, and what archives hold beside records. */
  readonly beside: readonly Beside[];
}

/** What of `source.json` the content and the request decide. */
export type SourceSettings = Omit<RunSource, 'run_id' | 'beside'>;

/**
 * Finds container and format of the objects, the score and the unit: from the request, else from the content. Throws
 * {@link InvalidRequest} where the content does not show it, with what to set, and {@link NoTraces} where nothing can be read.
 */
export async function resolveSource(source: TraceSource, listed: Listed, deps: Deps): Promise<ResolvedSource> {
  try {
    const complete = await completeFormat(source, listed, deps);
    const found = await findSource(complete, listed, deps);
    return found.kind === 'native' ? found : await settle(complete, listed.builder, found, deps);
  } catch (error) {
    // The shard that reads the object reports it, and the run then fails by name.
    if (error instanceof InputChanged) return { kind: 'native', objects: listed.objects, passedOver: [], beside: [] };
    throw error;
  }
}

/** Pointers that say nothing of answers go beside the format that the content shows. */
export async function completeFormat(source: TraceSource, listed: Listed, deps: Deps): Promise<TraceSource> {
  const { format: map, ...rest } = source;
  if (typeof map !== 'object' || !isBeside(map)) return source;
  const found = await findSource(rest, listed, deps);
  if (found.kind === 'native') {
    throw new InvalidRequest(
      "source.format has pointers, but the traces are NAT's, or candidate lines whose examples lie together, and these take none. Leave it out, or name a preset, as in --set source.format.preset=candidates.",
    );
  }
  return { ...rest, format: { ...map, preset: found.format.name } };
}

interface Listed {
  readonly builder: BuilderSettings;
  readonly objects: readonly ListedObject[];
}

/** What the objects are, before it is decided by which score and which unit their answers compare. */
export async function findSource(
  source: TraceSource,
  listed: Listed,
  deps: Deps,
): Promise<FoundRecords | NativeSource> {
  const found = await findByContent(source, listed, deps);
  return { ...found, beside: [...found.beside, ...(await findBesideEntries(found, source, deps))] };
}

async function findByContent(
  source: TraceSource,
  { builder, objects }: Listed,
  deps: Deps,
): Promise<FoundRecords | NativeSource> {
  const { format: choice, container } = source;
  refuseNat(source, builder);
  refuseKeys(source);
  const look = (object: ListedObject) => lookAtObject(object, container, deps);
  if (choice === 'nat' || builder.compatibility === 'nat') {
    const { kept, passedOver } = sortObjects(objects);
    return withNats(await sortNative(kept, source, look), passedOver);
  }
  if (choice === undefined && (await isScoredEvaluation(source, objects, deps))) {
    return findByContent({ ...source, format: 'nat_eval' }, { builder, objects }, deps);
  }
  const folder = typeof choice === 'object' ? undefined : await findFolder(objects, choice, deps);
  if (folder) return folder;
  const nats = choice === undefined ? sortObjects(objects) : { kept: objects, passedOver: [] };
  const first = await each(nats.kept.slice(0, DETECTED_OBJECTS), LOOKS_AT_ONCE, async (object) =>
    keepSamples(await look(object), deps),
  );
  if (choice === undefined && container === undefined) {
    const settled = source.score !== undefined || builder.unit !== undefined;
    const native = source.nat_keys
      ? await sortNative(nats.kept, source, look)
      : await findNative(first, nats.kept, { linesHaveFormat: settled, look });
    if (native && settled) {
      const set = source.score === undefined ? 'builder.unit' : 'source.score';
      throw new InvalidRequest(
        `${set} is set, and the traces are NAT's: their candidates have one score and are single answers. Leave ${set} out.`,
      );
    }
    if (native) return withNats(native, nats.passedOver);
  }
  const sampled = [...first, ...(await each(nats.kept.slice(DETECTED_OBJECTS), LOOKS_AT_ONCE, look))];
  const format = choice === undefined ? await detect(sampled) : openFormat(choice, source.nat_keys);
  const fitting = await keepFitting(sampled, format);
  if (format.name === 'nat_eval') requireAnswers(fitting.objects);
  const passedOver = [...fitting.passedOver, ...nats.passedOver];
  return { kind: 'records', format, joins: [], ...fitting, passedOver };
}

/** An evaluator's output alone has nothing to compare. */
function requireAnswers(objects: readonly SampledObject[]): void {
  const [first] = objects;
  if (!first || !objects.every(({ object: { key } }) => isEvaluatorOutputName(nameOf(key)))) return;
  throw new InvalidRequest(
    `${first.object.key} has the scores of NAT's evaluators and no answers: give the folder in which workflow_output.json is beside it.`,
  );
}

function withNats({ objects, strangers }: SortedObjects, passedOver: readonly string[]): NativeSource {
  const beside = tallyBeside();
  for (const { key, unsure } of strangers) beside.add(unsure === undefined ? 'content' : 'unreadable', key, unsure);
  return { kind: 'native', objects, passedOver, beside: beside.found() };
}

/** Of traces whose keys are renamed the content does not show what they are. */
const sortNative = (
  objects: readonly ListedObject[],
  { nat_keys }: TraceSource,
  look: (object: ListedObject) => Promise<SampledObject>,
): Promise<SortedObjects> | SortedObjects => {
  if (!nat_keys) return sortByContent(objects, look);
  const isKept = ({ key, named }: ListedObject) => objects.length === 1 || named || TRACE_NAME.test(key);
  return { objects: objects.filter(isKept), strangers: objects.filter((object) => !isKept(object)) };
};

/** What NAT wrote beside its traces is passed over by name, but what a person named. */
function sortObjects(objects: readonly ListedObject[]) {
  const others = new Set(passOverNatFiles(objects.map(({ key }) => key)).passedOver);
  const isKept = ({ key, named }: ListedObject) => named || !others.has(key);
  return {
    kept: objects.filter(isKept),
    passedOver: objects.filter((object) => !isKept(object)).map(({ key }) => key),
  };
}

const DETECTED_OBJECTS = 16;

/** Keys of NAT's files mean nothing to another format. */
function refuseKeys({ format, nat_keys }: TraceSource): void {
  if (!nat_keys || format === undefined || format === 'nat' || format === 'nat_eval') return;
  const named = typeof format === 'string' ? format : 'a map of fields';
  throw new InvalidRequest(
    `source.nat_keys is set, and source.format is ${named}: the keys are those of NAT's files (nat, nat_eval). Leave source.nat_keys out.`,
  );
}

function refuseNat({ format, container, score }: TraceSource, { compatibility, unit }: BuilderSettings): void {
  if (compatibility !== 'nat') return;
  const named = Object.entries({
    'source.format': format === 'nat' ? undefined : format,
    'source.container': container,
    'source.score': score,
    'builder.unit': unit,
  });
  const [other] = named.find(([, value]) => value !== undefined) ?? [];
  if (other === undefined) return;
  throw new InvalidRequest(
    `${other} is set, and builder.compatibility is nat: NAT reads its own traces only. Leave ${other} out, or set builder.compatibility to strict.`,
  );
}

/** A format whose records are made of several objects, if the names and the content of the objects are of one. */
async function findFolder(
  objects: readonly TraceObject[],
  named: string | undefined,
  deps: Deps,
): Promise<FoundRecords | undefined> {
  const keys = objects.map(({ key }) => key);
  const byKey = new Map(objects.map((object) => [object.key, object]));
  for (const format of SOURCE_FORMATS.filter(isJoining)) {
    if (named !== undefined && format.name !== named) continue;
    const joins = format.joinEntries(keys);
    if (joins.length === 0) continue;
    const used = new Set(joins.flatMap(namesIn));
    const sampled = [...used].flatMap((key) => byKey.get(key) ?? []).map((object) => asJsonObject(object, deps));
    const first = joins.slice(0, SAMPLED_JOINS);
    const seen = new Set(first.flatMap(namesIn));
    const slices = sampled.flatMap(({ object, slice }) => (slice && seen.has(object.key) ? [slice] : []));
    const sample = await takeFirst(readRecords(slices, { ...format, joinEntries: () => first }, deps));
    if (format.detect(sample) === 'sure') {
      const passedOver = keys.filter((key) => !used.has(key));
      return { kind: 'records', format, joins, objects: sampled, passedOver, beside: [] };
    }
  }
  return undefined;
}

const SAMPLED_JOINS = 8;

/** The one format that the objects are of; those of which none is sure say nothing. */
async function detect(sampled: readonly SampledObject[]): Promise<SourceFormat> {
  const firstOf = new Map<SourceFormat, string>();
  for (const one of sampled.slice(0, DETECTED_OBJECTS)) {
    for (const format of await formatsOf(one)) if (!firstOf.has(format)) firstOf.set(format, one.object.key);
  }
  const [only, ...others] = firstOf;
  if (only && others.length === 0) return only[0];
  if (only) {
    const found = [only, ...others].map(([{ name }, key]) => `${name} (${key})`);
    throw new InvalidRequest(
      `The first records fit several source formats: ${found.join(', ')}. Name the one to read, as in --set source.format=${only[0].name}; objects of the others are passed over.`,
    );
  }
  throw await fitsNone(sampled);
}

async function fitsNone(sampled: readonly SampledObject[]): Promise<InvalidRequest | NoTraces> {
  const [first] = sampled;
  let broken: NoTraces | undefined;
  for (const one of sampled) {
    const { records, rejected } = await one.sample(PLAIN);
    const { key } = one.object;
    if (records.length > 0) {
      const inLogs = `${key}: The first records fit no source format. Name their fields in source.format: dpo inspect shows their keys.`;
      return new InvalidRequest(`${key}: ${explainUnknown(records)}`, { inLogs });
    }
    if (rejected) {
      const inLogs = `${key} cannot be read: ${rejected.reason}.`;
      broken ??= new NoTraces(`${key} cannot be read: ${rejected.detail} (${rejected.reason}).`, { inLogs });
    } else if (one.unsure !== undefined) broken ??= new NoTraces(`${key} cannot be read: ${one.unsure}.`);
  }
  return broken ?? new NoTraces(`${first?.object.key ?? 'The source'} holds no record that can be read.`);
}

/**
 * A prefix holds other things than records. What cannot be read is no other thing: it stays, so that its loss says why;
 * and where nothing fits, everything is read. So is what a person named, and {@link InvalidRequest} is thrown where that
 * cannot be.
 */
async function keepFitting(
  sampled: readonly SampledObject[],
  format: SourceFormat,
): Promise<Pick<FoundRecords, 'objects' | 'passedOver' | 'beside'>> {
  const kinds = await each(sampled, LOOKS_AT_ONCE, async (one) => {
    const { records, rejected } = await one.sample(format);
    if (records.length === 0) return rejected ? 'broken' : 'empty';
    // One odd record among the first does not make the others strangers.
    return records.some((record) => format.detect({ records: [record] }) === 'sure') ? 'fitting' : 'strange';
  });
  const named = sampled.find(({ object, slice, unsure }) => object.named && !slice && unsure !== undefined);
  if (named) throw await fitsNone([named]);
  const fits = kinds.includes('fitting');
  if (!fits && !kinds.includes('strange')) throw await fitsNone(sampled);
  const isKept = ({ object, slice }: SampledObject, at: number) =>
    fits
      ? kinds[at] === 'fitting' || kinds[at] === 'broken' || (kinds[at] === 'strange' && object.named)
      : slice !== undefined;
  const objects = sampled.filter(isKept);
  const others = sampled.filter((one, at) => !isKept(one, at));
  const beside = tallyBeside();
  for (const { object, unsure } of others) if (unsure !== undefined) beside.add('unreadable', object.key, unsure);
  const passedOver = others.filter(({ unsure }) => unsure === undefined).map(({ object }) => object.key);
  return { objects, passedOver, beside: beside.found() };
}

async function settle(
  source: TraceSource,
  builder: BuilderSettings,
  found: FoundRecords,
  deps: Deps,
): Promise<ResolvedSource> {
  const { passedOver, ...resolved } = found;
  const { format } = found;
  if (typeof source.format === 'object') checkFieldMap(source.format, await firstRecords(found));
  const score = chooseScore(source.score, format, await findScores(found, source.score, deps));
  return {
    ...resolved,
    settings: {
      format: source.format ?? SourceFormatName.parse(format.name),
      score,
      ...(source.nat_keys && format.name === 'nat_eval' && { nat_keys: source.nat_keys }),
      unit: builder.unit ?? defaultUnit(format),
      passed_over: namePassedOver(passedOver),
    },
  };
}

export const namePassedOver = (keys: readonly string[]): RunSource['passed_over'] => ({
  count: keys.length,
  keys: keys.slice(0, NAMED_KEYS),
});

async function firstRecords({ objects, format }: FoundRecords): Promise<readonly unknown[]> {
  const samples = await each(objects.slice(0, DETECTED_OBJECTS), LOOKS_AT_ONCE, (one) => one.sample(format));
  return samples.flatMap(({ records: seen }) => seen);
}
