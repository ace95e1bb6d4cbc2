import { createHash } from 'node:crypto';
import * as z from 'zod';

/** NeMo's services without their HTTP: a request in, an answer and a changed state out. */

export interface NemoState {
  /** `id` of the entity store's, then of the datastore's. */
  readonly namespaces: Set<string>;
  readonly repos: Map<string, Map<string, Buffer>>;
  readonly privateRepos: Set<string>;
  readonly datasets: Map<string, unknown>;
  readonly jobs: StoredJob[];
  readonly configs: Map<string, unknown>;
  readonly deployments: Map<string, StoredDeployment>;
  readonly filesets: Map<string, unknown>;
  /** What a job's status says, look by look; the last stays. */
  script: readonly object[];
  /** What a deployment's status says, look by look; the last stays. */
  deploymentScript: readonly string[];
  /** The datastore takes files as large ones (LFS), or whole in the commit. */
  uploadMode: 'lfs' | 'regular';
  /** A second job of an output model is refused. Not all versions do. */
  oneJobAModel: boolean;
  /** Where large files are put. */
  lfsOrigin: string;
  readonly lfs: Map<string, Buffer>;
  /** Each request with the Authorization that came with it. */
  readonly authorizations: [call: string, authorization: string | undefined][];
}

interface StoredJob {
  readonly id: string;
  readonly body: Record<string, unknown>;
  looks: number;
}
interface StoredDeployment {
  readonly body: unknown;
  looks: number;
}

export const newState = (): NemoState => ({
  namespaces: new Set(),
  repos: new Map(),
  privateRepos: new Set(),
  datasets: new Map(),
  jobs: [],
  configs: new Map(),
  deployments: new Map(),
  filesets: new Map(),
  script: COMPLETES,
  deploymentScript: ['pending', 'ready'],
  uploadMode: 'lfs',
  oneJobAModel: false,
  lfsOrigin: '',
  lfs: new Map(),
  authorizations: [],
});

const COMPLETES: readonly object[] = [
  { status: 'created' },
  { status: 'running', percentage_done: null },
  { status: 'running', percentage_done: 40, epochs_completed: 1 },
  { status: 'completed', percentage_done: 100, epochs_completed: 3 },
];

interface Answer {
  readonly status: number;
  readonly json: unknown;
}

const ok = (json: unknown): Answer => ({ status: 200, json });
const EXISTS: Answer = { status: 409, json: { detail: 'already exists' } };
const NOT_FOUND: Answer = { status: 404, json: { detail: 'not found' } };

const ROUTES: readonly [RegExp, (match: RegExpExecArray, body: Buffer, state: NemoState) => Answer][] = [
  [/^POST \/v1\/namespaces$/, (_, body, state) => addNamespace(state, `entity:${text(json(body).id)}`)],
  [
    /^POST \/v1\/datastore\/namespaces$/,
    (_, body, state) => addNamespace(state, `datastore:${new URLSearchParams(body.toString()).get('namespace')}`),
  ],
  [/^POST \/v1\/hf\/api\/repos\/create$/, createRepo],
  [/^POST \/v1\/hf\/api\/datasets\/([^/]+\/[^/]+)\/preupload\/main$/, preupload],
  [/^POST \/v1\/hf\/datasets\/([^/]+\/[^/]+)\.git\/info\/lfs\/objects\/batch$/, lfsBatch],
  [/^PUT \/lfs\/([0-9a-f]{64})$/, lfsPut],
  [/^POST \/v1\/hf\/api\/datasets\/([^/]+\/[^/]+)\/commit\/main$/, commit],
  [
    /^POST \/v1\/datasets$/,
    (_, body, state) => add(state.datasets, `${json(body).namespace}/${json(body).name}`, json(body)),
  ],
  [/^POST \/v1\/customization\/jobs$/, (_, body, state) => createJob(state, json(body))],
  [
    /^GET \/v1\/customization\/jobs\?(.*)$/,
    ([, query], _, state) => listJobs(state, query, ({ id, body }) => ({ id, ...body })),
  ],
  [/^GET \/v1\/customization\/jobs\/([^/]+)\/status$/, ([, id], _, state) => jobStatus(state, id)],
  [/^POST \/v1\/deployment\/configs$/, (_, body, state) => add(state.configs, text(json(body).name), json(body))],
  [
    /^POST \/v1\/deployment\/model-deployments$/,
    (_, body, state) => add(state.deployments, text(json(body).name), { body: json(body), looks: 0 }),
  ],
  [
    /^GET \/v1\/deployment\/model-deployments\/[^/]+\/([^/]+)$/,
    ([, name], _, state) =>
      deploymentStatus(state, name, (status) => ({ status_details: { status, description: 'pod 1 of 1' } })),
  ],
  [
    /^POST \/apis\/files\/v2\/workspaces\/default\/filesets$/,
    (_, body, state) => add(state.filesets, text(json(body).name), json(body)),
  ],
  [/^POST \/apis\/customization\/v2\/workspaces\/default\/rl\/jobs$/, (_, body, state) => createJob(state, json(body))],
  [
    /^GET \/apis\/customization\/v2\/workspaces\/default\/rl\/jobs\?(.*)$/,
    ([, query], _, state) => listJobs(state, query, ({ id, body }) => ({ name: id, ...body })),
  ],
  [/^GET \/apis\/jobs\/v2\/workspaces\/default\/jobs\/([^/]+)\/status$/, ([, id], _, state) => jobStatus(state, id)],
  [
    /^POST \/apis\/models\/v2\/workspaces\/default\/deployment-configs$/,
    (_, body, state) => add(state.configs, text(json(body).name), json(body)),
  ],
  [
    /^POST \/apis\/models\/v2\/workspaces\/default\/deployments$/,
    (_, body, state) => add(state.deployments, text(json(body).name), { body: json(body), looks: 0 }),
  ],
  [
    /^GET \/apis\/models\/v2\/workspaces\/default\/deployments\/([^/]+)$/,
    ([, name], _, state) => deploymentStatus(state, name, (status) => ({ status })),
  ],
];

export function answerTo(call: string, body: Buffer, state: NemoState): Answer {
  for (const [route, answer] of ROUTES) {
    const match = route.exec(call);
    if (match) return answer(match, body, state);
  }
  return NOT_FOUND;
}

function addNamespace({ namespaces }: NemoState, id: string): Answer {
  if (namespaces.has(id)) return EXISTS;
  namespaces.add(id);
  return ok({ id });
}

function add<T>(entities: Map<string, T>, name: string, entity: T): Answer {
  if (entities.has(name)) return EXISTS;
  entities.set(name, entity);
  return ok({ name });
}

function createJob(state: NemoState, body: Record<string, unknown>): Answer {
  const { jobs, oneJobAModel } = state;
  if (oneJobAModel && jobs.some((job) => job.body.output_model === body.output_model)) return EXISTS;
  const job = { id: `cust-${jobs.length + 1}`, body, looks: 0 };
  jobs.push(job);
  return ok({ id: job.id, name: job.id, ...body });
}

/** Latest first, page by page. */
function listJobs({ jobs }: NemoState, query: string | undefined, shown: (job: StoredJob) => object): Answer {
  const asked = new URLSearchParams(query);
  const [page, size] = [Number(asked.get('page')), Number(asked.get('page_size'))];
  const data = [...jobs].reverse().slice((page - 1) * size, page * size);
  return ok({ data: data.map(shown), pagination: { page, total_pages: Math.ceil(jobs.length / size) } });
}

function jobStatus({ jobs, script }: NemoState, id = ''): Answer {
  const job = jobs.find((one) => one.id === id);
  if (!job) return NOT_FOUND;
  const said = script[Math.min(job.looks, script.length - 1)];
  job.looks += 1;
  return ok(said);
}

function deploymentStatus(state: NemoState, name = '', shown: (status: string) => object): Answer {
  const deployment = state.deployments.get(name);
  const status = state.deploymentScript[Math.min(deployment?.looks ?? 0, state.deploymentScript.length - 1)];
  if (!deployment || status === undefined) return NOT_FOUND;
  deployment.looks += 1;
  return ok(shown(status));
}

function createRepo(_: RegExpExecArray, body: Buffer, state: NemoState): Answer {
  const { organization, name, type } = json(body);
  const repo = `${organization}/${name}`;
  if (type !== 'dataset') return { status: 400, json: { error: 'not a dataset' } };
  if (state.repos.has(repo)) return { status: 409, json: { error: 'You already created this dataset repo' } };
  state.repos.set(repo, new Map());
  if (json(body).visibility === 'private') state.privateRepos.add(repo);
  return ok({ url: repo, id: repo });
}

function preupload([, repo = '']: RegExpExecArray, body: Buffer, state: NemoState): Answer {
  if (!state.repos.has(repo)) return NOT_FOUND;
  const { files } = z.object({ files: z.array(z.object({ path: z.string() })) }).parse(json(body));
  return ok({ files: files.map(({ path }) => ({ path, uploadMode: state.uploadMode, shouldIgnore: false })) });
}

function lfsBatch(_: RegExpExecArray, body: Buffer, state: NemoState): Answer {
  const asked = z.object({ objects: z.array(z.object({ oid: z.string(), size: z.number() })) }).parse(json(body));
  return ok({
    transfer: 'basic',
    objects: asked.objects.map(({ oid, size }) => ({
      oid,
      size,
      ...(state.lfs.has(oid) ? {} : { actions: { upload: { href: `${state.lfsOrigin}/lfs/${oid}`, header: {} } } }),
    })),
  });
}

function lfsPut([, oid = '']: RegExpExecArray, body: Buffer, state: NemoState): Answer {
  if (createHash('sha256').update(body).digest('hex') !== oid)
    return { status: 422, json: { message: 'digest differs' } };
  state.lfs.set(oid, body);
  return ok({});
}

const CommitLine = z.union([
  z.object({ key: z.literal('header') }),
  z.object({ key: z.literal('lfsFile'), value: z.object({ path: z.string(), oid: z.string(), size: z.number() }) }),
  z.object({ key: z.literal('file'), value: z.object({ path: z.string(), content: z.string() }) }),
]);

function commit([, repo = '']: RegExpExecArray, body: Buffer, state: NemoState): Answer {
  const files = state.repos.get(repo);
  if (!files) return NOT_FOUND;
  for (const line of body.toString().trimEnd().split('\n')) {
    const { key, ...rest } = CommitLine.parse(JSON.parse(line));
    if (!('value' in rest)) continue;
    const bytes = 'oid' in rest.value ? state.lfs.get(rest.value.oid) : Buffer.from(rest.value.content, 'base64');
    if (!bytes) return { status: 400, json: { error: `${key} was not uploaded` } };
    files.set(rest.value.path, bytes);
  }
  return ok({ commitOid: 'c0ffee', commitUrl: `${state.lfsOrigin}/datasets/${repo}/commit/c0ffee` });
}

const json = (body: Buffer) => z.record(z.string(), z.unknown()).parse(JSON.parse(body.toString()));
const text = (value: unknown): string => z.string().parse(value ?? '');
