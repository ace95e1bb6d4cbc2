import type { Counters } from '../lib/contract/counters.ts';
import type { TraceSlice } from '../lib/contract/plan.ts';
import { fromUtf8 } from '../lib/objects/utf8.ts';
import type { Candidate as EncodedCandidate, RejectedCandidate } from '../lib/preferences/candidate.ts';
import type { Rollout } from '../lib/preferences/pair-example.ts';
import { natNames } from '../lib/sources/formats/nat/nat-names.ts';
import { placeItem } from '../lib/sources/place-item.ts';
import { readTraceItems } from '../lib/sources/read-trace-items.ts';
import { PLAIN_CANDIDATE } from '../lib/sources/source-candidate.ts';
import { buildNatSlice } from '../lib/stages/build-shard/build-nat-slice.ts';
import { noDiagnosis } from '../lib/stages/build-shard/diagnosis.ts';
import type { Deps } from '../lib/stages/deps.ts';
import { readCandidates as readSourceCandidates } from '../lib/stages/source/read-candidates.ts';
import { readRecords } from '../lib/stages/source/read-records.ts';
import { type RecordSource, resolveSource } from '../lib/stages/source/resolve-source.ts';
import { scoreCandidate, toPlace } from '../lib/stages/source/scored-candidate.ts';
import type { Candidate } from './candidate.ts';
import { type Input, type OpenedInput, openInput } from './open-input.ts';
import { INPUT_BUCKET, type InputRequest, requestFor, type Settings } from './settings.ts';
import { type LossOptions, tallyLosses } from './tally-losses.ts';

/** The candidates of an input, in its order. */
export interface CandidateStream extends AsyncIterable<Candidate> {
  /** What was read so far: records (`total_items`), their bytes, and the records without candidates, by reason. */
  readonly counters: Counters;
}

/** Where candidates come from, and who hears of records that hold none. */
export interface ReadOptions extends LossOptions {
  /** The input's name in the candidates' places. Default: "input". */
  readonly key?: string;
}

/**
 * Reads scored answers: the chunks of a file's bytes (a Node.js stream, say), its lines as texts, or records as objects.
 * Format, container and score are found as `dpo run` finds them, from the first records, unless `settings.source` names
 * them; a map of fields (`source.format`) reads any other records.
 *
 * It holds the records it looks at first (100, or 128 MiB of a file), and then one record at a time. It holds the whole
 * input of Parquet and zip, of formats that join records (`otel`, say), and with `builder.compatibility` `nat`.
 *
 * Throws {@link InvalidRequest} for wrong settings and for records of no known format, and {@link IncompleteInput} at the
 * end of a file that is cut short, unless `limits.allow_incomplete` is set. Other records without candidates are losses.
 *
 * @example
 * ```js
 * const rows = [
 *   { prompt: 'Capital of France?', response: 'Paris', reward: 1 },
 *   { prompt: 'Capital of France?', response: 'Lyon', reward: 0 },
 * ];
 * for await (const candidate of readCandidates(rows)) console.log(candidate.score);
 * ```
 */
export function readCandidates(input: Input, settings: Settings = {}, options: ReadOptions = {}): CandidateStream {
  const { key = 'input' } = options;
  const request = requestFor(settings, { key });
  const losses = tallyLosses(request, options);
  return Object.assign(readInput(input, { request, key }, losses), { counters: losses.counters });
}

type Losses = ReturnType<typeof tallyLosses>;

async function* readInput(
  input: Input,
  { request, key }: { readonly request: InputRequest; readonly key: string },
  losses: Losses,
): AsyncGenerator<Candidate> {
  const { source, builder } = request;
  const opened = await openInput(input, key, { all: builder.compatibility === 'nat' });
  try {
    const objects = [{ bucket: INPUT_BUCKET, ...opened.object, named: true as const }];
    const resolved = await resolveSource(source, { builder, objects }, depsOf(opened.head));
    if (resolved.kind === 'records') yield* readFormat(resolved, opened, losses);
    else if (builder.compatibility === 'nat') yield* await readByNatsRules(request, opened, losses);
    else yield* readItems(request, opened, losses);
    losses.requireComplete();
  } finally {
    await opened.close();
  }
}

const depsOf = (store: OpenedInput['head']): Deps => ({
  ...{ bucket: () => store, collections: store, collectionsBucket: '' },
  // Nothing is dated here, and nothing written.
  ...{ now: () => new Date(0), codeVersion: '' },
});

async function* readFormat(
  { format, settings: { score, unit }, objects }: RecordSource,
  { whole, bytes }: OpenedInput,
  losses: Losses,
): AsyncGenerator<Candidate> {
  const slices = objects.flatMap(({ slice }) => (slice ? [{ ...slice, object_bytes: bytes, end: bytes }] : []));
  const count = { countItem: losses.countItem, countUnused: () => {} };
  for await (const reading of readSourceCandidates(readRecords(slices, format, depsOf(whole)), format, count)) {
    if ('rejected' in reading) {
      losses.loseItem(toPlace(reading.place), { exampleId: null, ...reading.rejected });
      continue;
    }
    const scored = scoreCandidate(reading.place, reading.candidate, score);
    // Of a complete format each record is a group.
    const example = format.scattered ? undefined : losses.counters.total_items;
    yield { ...scored.candidate, score: scored.score, place: scored.place, unit, example };
  }
}

/** NAT's trace items, and candidate lines of which each example's lie together: each is a group. */
async function* readItems(
  { source, builder }: InputRequest,
  { object: { key }, whole, bytes }: OpenedInput,
  losses: Losses,
): AsyncGenerator<Candidate> {
  const names = natNames(builder.ttc_step_name, source.nat_keys);
  const open = (start: number, end?: number) => whole.read(key, { start, end });
  for await (const span of readTraceItems(open, { cut: null, start: 0, end: bytes, object_bytes: bytes }, names)) {
    losses.countItem(span);
    const place = placeItem(key, span);
    if ('rejected' in span) {
      losses.loseItem(place, span.rejected);
      continue;
    }
    const { item } = span;
    const read = item.read(builder.compatibility);
    if (read.candidates.length + read.rejected.length === 0) losses.counters.items_without_candidates += 1;
    yield* candidatesOf({ exampleId: item.id.text, rollouts: [{ place, ...read }] }, losses.counters.total_items);
  }
}

interface ReadExample {
  readonly exampleId: string;
  readonly rollouts: readonly Rollout[];
}

async function readByNatsRules(
  request: InputRequest,
  { object: { key, etag, bytes }, whole }: OpenedInput,
  losses: Losses,
): Promise<Iterable<Candidate>> {
  const slice: TraceSlice = { bucket: INPUT_BUCKET, key, etag, object_bytes: bytes, cut: null, start: 0, end: bytes };
  const examples: ReadExample[] = [];
  const shard = {
    diagnosis: noDiagnosis(),
    countItem: losses.countItem,
    countUnused: () => {},
    loseItem: async (...loss: Parameters<Losses['loseItem']>) => losses.loseItem(...loss),
    addExample: async ({ exampleId }: Pick<ReadExample, 'exampleId'>, _: number, rollouts: readonly Rollout[]) => {
      examples.push({ exampleId, rollouts });
    },
    warn: () => {},
  };
  await buildNatSlice({ request, slice, source: 0 }, shard, depsOf(whole));
  return examples.values().flatMap((example, number) => candidatesOf(example, number));
}

function* candidatesOf({ exampleId, rollouts }: ReadExample, example: number): Generator<Candidate> {
  for (const { place, candidates, rejected } of rollouts) {
    const shared = { group: exampleId, place, unit: 'turn', example, flags: [] } as const;
    for (const candidate of candidates) yield { ...shared, ...valuesOf(candidate) };
    for (const loss of rejected) yield { ...shared, ...lostValues(loss) };
  }
}

const valuesOf = ({ turnId, index, score, prompt, response, tools, metadataJson, uuid }: EncodedCandidate) => ({
  ...{ turnId, index, id: uuid, score: { value: score }, loss: undefined },
  conversation: { kind: 'answer', prompt: prompt.value(), response: response.value(), rendered: false } as const,
  tools: tools?.value(),
  metadata: JSON.parse(fromUtf8(metadataJson)),
});

const lostValues = ({ reason, detail, turnId, uuid }: RejectedCandidate) => {
  const loss = { reason, detail };
  return {
    ...{ ...PLAIN_CANDIDATE, turnId: turnId ?? '', id: uuid, score: { loss }, loss },
    conversation: { kind: 'answer', prompt: '', response: '', rendered: false } as const,
  };
};
