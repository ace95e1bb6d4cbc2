import { ASSUMED, type Rates } from './rates.ts';
import type { RunPlace } from './run-place.ts';

/** What a run works on. */
export interface RunWork {
  /** Trace objects. */
  readonly inputs: number;
  readonly shards: number;
  /** Of a scattered source, tasks that group its candidates. */
  readonly groupingTasks: number;
  readonly maxConcurrency: number;
  /** Of traces, as they are stored, and as text. */
  readonly bytes: number;
  readonly textBytes: number;
  /** As text, of the largest task: it may hold one large object. */
  readonly largestTaskBytes: number;
  readonly pairs: number;
  readonly collectionBytes: number;
  readonly datasetBytes: number;
  /** Dataset formats that are written. */
  readonly formats: number;
  readonly chooses: boolean;
}

/** How long each state takes. */
export interface RunSeconds {
  readonly group: MapSeconds;
  readonly build: MapSeconds;
  readonly choose: number;
  readonly write: MapSeconds;
  readonly finalize: number;
  readonly all: number;
}

export interface MapSeconds {
  /** Of one child, on average. */
  readonly child: number;
  /** Of the child with the largest task. */
  readonly longest: number;
  readonly all: number;
  readonly waitsFor: string;
}

type Copying = Pick<RunPlace, 'maxParts' | 'maxPartBytes' | 'copiesInFlight'>;

/** By the rates of one core; a child takes its work or its bytes, whichever is longer. */
export function reckonSeconds(work: RunWork, rates: Rates, place: Copying): RunSeconds {
  const { shards, groupingTasks, bytes, textBytes, collectionBytes, datasetBytes, formats, maxConcurrency } = work;
  const largest = textBytes === 0 ? 0 : work.largestTaskBytes / textBytes;
  const map = (children: number, core: number, moved: number, share = 0): MapSeconds =>
    mapSeconds({ children, maxConcurrency, core, moved, share });
  const reads = map(groupingTasks, textBytes * rates.buildSeconds, bytes + textBytes, largest);
  const group = groupingTasks > 0 ? reads : NO_MAP;
  // A bucket of grouped candidates is text, of a size that does not follow that of the objects.
  const build =
    groupingTasks > 0
      ? map(shards, textBytes * rates.buildSeconds, textBytes + collectionBytes)
      : map(shards, textBytes * rates.buildSeconds, bytes + collectionBytes, largest);
  const choose = work.chooses ? work.pairs * rates.chooseSecondsOfPair : 0;
  const write =
    formats > 0 ? map(shards, formats * textBytes * rates.writeSeconds, collectionBytes + datasetBytes) : NO_MAP;
  const finalize = copySeconds(shards, collectionBytes + datasetBytes, place);
  return { group, build, choose, write, finalize, all: group.all + build.all + choose + write.all + finalize };
}

/** What a shard wrote is copied as one part, or as several where it is larger than a part may be. */
function copySeconds(shards: number, bytes: number, { maxParts, maxPartBytes, copiesInFlight }: Copying): number {
  if (shards === 0) return 0;
  const pieces = shards * Math.max(1, Math.ceil(bytes / shards / maxPartBytes));
  // More parts than one upload takes are copied twice.
  const waves = Math.ceil(pieces / copiesInFlight) * (pieces > maxParts ? 2 : 1);
  return (waves * (bytes / pieces)) / ASSUMED.copyBytes;
}

const NO_MAP: MapSeconds = { child: 0, longest: 0, all: 0, waitsFor: '' };

interface MapWork {
  readonly children: number;
  readonly maxConcurrency: number;
  /** Seconds of all children together, on one core. */
  readonly core: number;
  /** Bytes that all children together read and write. */
  readonly moved: number;
  /** What of all that the largest child has. */
  readonly share: number;
}

/** The children take their waves or their starts, and no less than the longest of them. */
function mapSeconds({ children, maxConcurrency, core, moved, share }: MapWork): MapSeconds {
  if (children === 0) return NO_MAP;
  const network = moved / ASSUMED.networkBytes;
  const child = Math.max(core, network) / children;
  const longest = Math.max(child, Math.max(core, network) * share);
  const waves = Math.ceil(children / maxConcurrency);
  const starts = children / ASSUMED.mapStarts;
  const inWaves = waves > 1 ? 'limits.max_concurrency' : core > network ? 'one core' : 'the network';
  return {
    ...{ child, longest },
    all: Math.max(waves * child, longest, starts),
    waitsFor: starts > Math.max(waves * child, longest) ? 'starts' : inWaves,
  };
}
