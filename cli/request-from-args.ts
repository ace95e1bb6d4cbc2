import { parseRequest } from '../lib/contract/parse-request.ts';
import type { Request } from '../lib/contract/request.ts';
import type { Source, TraceLocation } from '../lib/contract/source.ts';
import { InvalidRequest } from '../lib/errors.ts';
import { tokenizerFiles } from '../lib/stages/pin-tokenizer.ts';
import { plainSecretsAside } from '../lib/stages/training/plan.ts';
import {
  absoluteBucket,
  isLocal,
  type OutLocation,
  outLocation,
  refuseOutWithinTraces,
  traceLocation,
} from './locations.ts';
import { type NatConfig, settingsFromNatConfig } from './nat-config.ts';
import type { NatSource } from './nat-evaluation.ts';
import { hideVariables, noVariables, type Variables } from './nat-variables.ts';
import { refuseWrittenVariables } from './refuse-written-variables.ts';
import { countFromFlag, isSettings, mergeSettings, type Settings, settingsFromAssignment } from './settings.ts';
import { readSettingsFile } from './settings-file.ts';

/** `dpo run`'s arguments, as they were typed. */
export interface RunArgs {
  readonly paths: readonly string[];
  /** What the command itself sets. The files and flags that the user gives come over it. */
  readonly settings?: Settings;
  readonly out: string;
  readonly request?: string;
  readonly natConfig?: string;
  readonly train?: boolean;
  readonly set?: readonly string[];
  readonly runId?: string;
  readonly shardBytes?: string;
  readonly concurrency?: string;
}

/** A request that may still lack its name. */
export type UnnamedRequest = Omit<Request, 'run_id'>;

export interface RequestFromArgs {
  readonly request: UnnamedRequest;
  readonly runId: string | undefined;
  readonly out: OutLocation;
  /** What `--nat-config` holds that is not used, a sentence each. */
  readonly notes: readonly string[];
  /** Why the run trains or does not, where NAT's configuration has a trainer or its adapter. */
  readonly whyTraining: string | undefined;
  /** Tokens that the settings held in plain text, by the name that stands in their place. */
  readonly secrets: Readonly<Record<string, string>>;
  /** The names of those that a file or the command line spells out: they did not come from the environment. */
  readonly givenSecrets: ReadonlySet<string>;
  /** A bucket that is read or written is in S3. */
  readonly inS3: boolean;
  /** `limits.max_concurrency` where it is set: its default is made for AWS. */
  readonly concurrency: number | undefined;
}

/** The request that the arguments and the files they name make. Throws {@link InvalidRequest}. */
export async function requestFromArgs(args: RunArgs): Promise<RequestFromArgs> {
  const file = args.request === undefined ? {} : await readSettingsFile('--request', args.request);
  const own = mergeSettings([file, await settingsFromFlags(args), ...(args.set ?? []).map(settingsFromAssignment)]);
  const nat = args.natConfig === undefined ? NO_NAT_CONFIG : await readNatConfig(args.natConfig, natSource(own), args);
  const settings = mergeSettings([args.settings ?? {}, nat.settings, own]);
  if (!isSettings(settings.source) || !('traces' in settings.source || 'workflow' in settings.source)) {
    throw new InvalidRequest(
      'Nothing to read. Name a trace file, a directory of them or s3://bucket/prefix, or give a source in --request.',
    );
  }
  const named = settings.run_id !== undefined;
  const { run_id, ...checked } = parsedWith(nat, named ? settings : { ...settings, run_id: 'unnamed' });
  if (args.train && !checked.training) {
    throw new InvalidRequest(
      '--train needs a trainer. Give a trainer_adapters entry in --nat-config, or a training block in --request.',
    );
  }
  const parsed = { ...checked, source: withBucketsHere(checked.source), dataset: withTokenizerHere(checked.dataset) };
  // Before the run gets its name: a new token is no other request.
  const aside = parsed.training && plainSecretsAside(parsed.training);
  const request = aside ? { ...parsed, training: aside.training } : parsed;
  refuseWrittenVariables(request, { nat: nat.settings, own }, nat.variables);
  const out = await outLocation(args.out);
  refuseOutWithinTraces(out, locationsOf(request));
  const whyTraining = nat.training && (nat.training.starts || !request.training ? nat.training.why : OWN_TRAINING);
  return {
    request,
    runId: named ? run_id : undefined,
    out,
    notes: nat.notes,
    whyTraining: whyTraining ?? undefined,
    secrets: aside?.environment ?? {},
    givenSecrets: namesOfGiven(aside?.environment ?? {}, nat.variables),
    inS3: [out, ...locationsOf(request)].some(({ bucket }) => !isLocal(bucket)),
    concurrency: setsConcurrency(settings) ? checked.limits.max_concurrency : undefined,
  };
}

/** A token that the environment had part in is the environment's. */
function namesOfGiven(secrets: Readonly<Record<string, string>>, { values }: Variables): ReadonlySet<string> {
  const fromHere = [...values.values()];
  const given = Object.entries(secrets).filter(([, token]) => !fromHere.some((value) => token.includes(value)));
  return new Set(given.map(([name]) => `env:${name}`));
}

const OWN_TRAINING = 'The run trains: the request has a training block of its own.';

/** An adapter that does not train adds nothing to a training block that leaves its hosts to the adapter. */
function parsedWith({ training, hide }: Pick<ReadNatConfig, 'training' | 'hide'>, settings: Settings): Request {
  try {
    return parseRequest(settings);
  } catch (error) {
    if (!(error instanceof InvalidRequest)) throw error;
    const why = settings.training !== undefined && training?.starts === false ? ` ${training.why}` : '';
    // Without its cause, which holds the values.
    throw new InvalidRequest(`${hide(error.message)}${why}`);
  }
}

/** Where the request reads: its trace locations, one or several, or its workflow's dataset. */
export function locationsOf({ source }: UnnamedRequest): readonly TraceLocation[] {
  if ('workflow' in source) return [source.workflow.dataset];
  return Array.isArray(source.traces) ? source.traces : [source.traces];
}

/** The files that the request names one by one: read wherever they are, should they be links. */
export function namedFiles(request: UnnamedRequest): readonly TraceLocation[] {
  const { tokenizer } = request.dataset;
  return [...locationsOf(request), ...(tokenizer ? tokenizerFiles(tokenizer) : [])];
}

function withTokenizerHere(dataset: Request['dataset']): Request['dataset'] {
  const { tokenizer } = dataset;
  return tokenizer ? { ...dataset, tokenizer: { ...tokenizer, bucket: absoluteBucket(tokenizer.bucket) } } : dataset;
}

/** A request file names directories of this machine from the working directory; the request says which that was. */
function withBucketsHere(source: Source): Source {
  const here = <Location extends TraceLocation>(location: Location): Location => ({
    ...location,
    bucket: absoluteBucket(location.bucket),
  });
  if ('workflow' in source) {
    return { workflow: { ...source.workflow, dataset: here(source.workflow.dataset) } };
  }
  const { traces } = source;
  return { ...source, traces: Array.isArray(traces) ? traces.map(here) : here(traces) };
}

const setsConcurrency = ({ limits }: Settings): boolean => isSettings(limits) && limits.max_concurrency !== undefined;

interface ReadNatConfig extends NatConfig {
  /** Takes what came from the environment out of a text. */
  readonly hide: (text: string) => string;
  readonly variables: Variables;
}

const NO_NAT_CONFIG: ReadNatConfig = {
  settings: {},
  notes: [],
  training: null,
  hide: (text) => text,
  variables: noVariables(),
};

async function readNatConfig(path: string, source: NatSource, { train = false }: RunArgs): Promise<ReadNatConfig> {
  const { readNatConfigFile } = await import('./nat-config-file.ts');
  const file = await readNatConfigFile(path, process.env);
  const hide = (text: string) => hideVariables(text, file.variables);
  try {
    const config = settingsFromNatConfig(file, path, { source, train });
    return { ...config, notes: config.notes.map(hide), hide, variables: file.variables };
  } catch (error) {
    if (error instanceof InvalidRequest) throw new InvalidRequest(hide(error.message));
    throw error;
  }
}

/** What the arguments say that the run reads. */
function natSource({ source }: Settings): NatSource {
  const workflow = isSettings(source) ? source.workflow : undefined;
  return workflow === undefined
    ? { kind: 'traces' }
    : { kind: 'workflow', hasDataset: isSettings(workflow) && workflow.dataset !== undefined };
}

async function settingsFromFlags(args: RunArgs): Promise<Settings> {
  const [first, ...more] = await Promise.all(args.paths.map(traceLocation));
  const { runId, shardBytes, concurrency } = args;
  return {
    ...(first && { source: { traces: more.length === 0 ? first : [first, ...more] } }),
    ...(runId !== undefined && { run_id: runId }),
    limits: {
      ...(shardBytes !== undefined && { shard_bytes: countFromFlag('--shard-bytes', shardBytes) }),
      ...(concurrency !== undefined && { max_concurrency: countFromFlag('--concurrency', concurrency) }),
    },
  };
}
