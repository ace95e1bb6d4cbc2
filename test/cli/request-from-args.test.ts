import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type RunArgs, requestFromArgs } from '../../cli/request-from-args.ts';
import { InvalidRequest } from '../../lib/errors.ts';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'dpo args '));
  await mkdir(join(folder, 'traces'));
  await writeFile(join(folder, 'traces', 'a.jsonl'), '');
});
afterAll(() => rm(folder, { recursive: true }));

const at = (name: string): string => join(folder, name);
const requestFile = async (name: string, text: string): Promise<string> => {
  await writeFile(at(name), text);
  return at(name);
};
const read = (args: Partial<RunArgs>) => requestFromArgs({ paths: [at('traces')], out: at('out'), ...args });

async function complaint(args: Partial<RunArgs>): Promise<string> {
  try {
    await read(args);
  } catch (error) {
    if (error instanceof InvalidRequest) return error.message.replaceAll(folder, '…');
    throw error;
  }
  throw new Error('the arguments were taken');
}

test('a directory is a bucket read whole, a file is a key of the directory that holds it', async () => {
  const bucket = pathToFileURL(`${at('traces')}/`).href;
  expect((await read({})).request.source).toEqual({ traces: { bucket, prefix: '' }, cut: true });
  expect((await read({ paths: [at('traces/a.jsonl')] })).request.source).toEqual({
    cut: true,
    traces: { bucket, key: 'a.jsonl' },
  });
});

test('several paths are a list, and an s3:// address is a key only where it ends like a trace file', async () => {
  const { request, out } = await read({
    paths: ['s3://b/x/run.json', 's3://b/x', 's3://b', 's3://b/y.jsonl.gz'],
    out: 's3://c/some/where',
  });
  expect(request.source).toEqual({
    cut: true,
    traces: [
      { bucket: 'b', key: 'x/run.json' },
      { bucket: 'b', prefix: 'x' },
      { bucket: 'b', prefix: '' },
      { bucket: 'b', key: 'y.jsonl.gz' },
    ],
  });
  expect(out).toEqual({ bucket: 'c', prefix: 'some/where/' });
});

test('settings are taken from --nat-config, then --request, then the flags, then --set', async () => {
  const natConfig = await requestFile(
    'config.yml',
    'trajectory_builders: {b: {_type: dpo_traj_builder, min_score_diff: 0.1, max_pairs_per_turn: 1, exhaustive_pairs: false}}',
  );
  const request = await requestFile(
    'request.yaml',
    'run_id: from-file\nbuilder: {min_score_diff: 0.2, max_pairs_per_turn: 2}\nlimits: {shard_bytes: 2048, max_concurrency: 2}\n',
  );
  const read1 = await read({ natConfig, request, shardBytes: '4096', set: ['builder.min_score_diff=0.3'] });
  expect(read1.runId).toBe('from-file');
  expect(read1.request.builder).toMatchObject({ exhaustive_pairs: false, max_pairs_per_turn: 2, min_score_diff: 0.3 });
  expect(read1.request.limits).toMatchObject({ shard_bytes: 4096, max_concurrency: 2, max_rejected_fraction: 0.1 });
});

const ADAPTER = `
trainer_adapters:
  nemo:
    _type: nemo_customizer_trainer_adapter
    entity_host: https://nemo.example.com
    datastore_host: https://nemo.example.com
    namespace: ns
    customization_config: meta/llama@v1
`;

test('pointers of a field map, and weights of scores, are set one by one; a name replaces them', async () => {
  const set = ['source.format.group=/task', 'source.format.prompt=/q', 'source.format.response=/a'];
  const { request } = await read({ set: [...set, 'source.score.style=0.5', 'source.score.facts=1'] });
  expect(request.source).toMatchObject({
    format: { group: '/task', prompt: '/q', response: '/a' },
    score: { style: 0.5, facts: 1 },
  });
  const named = await read({ set: [...set, 'source.format=verifiers'] });
  expect(named.request.source).toMatchObject({ format: 'verifiers' });
});

test('an adapter trains only where its configuration enables it, or --train is given', async () => {
  const natConfig = await requestFile('idle.yml', ADAPTER);
  const idle = await read({ natConfig });
  expect(idle.request.training).toBeUndefined();
  expect(idle.whyTraining).toBe(
    `Nothing is trained: finetuning.enabled of ${natConfig} is false by default. --train trains anyway.`,
  );
  const trained = await read({ natConfig, train: true });
  expect(trained.request.training).toMatchObject({ nemo_customizer: { namespace: 'ns' } });
  expect(trained.whyTraining).toBe('The run trains: --train is given.');
  const enabled = await requestFile('enabled.yml', `${ADAPTER}finetuning: {enabled: true}`);
  const byConfig = await read({ natConfig: enabled });
  expect(byConfig.request.training).toEqual(trained.request.training);
  expect(byConfig.whyTraining).toBe(`The run trains: finetuning.enabled of ${enabled} is true.`);
});

test('beside an adapter that does not train, a whole training block does, and a part of one is refused', async () => {
  const natConfig = await requestFile('idle.yml', ADAPTER);
  const request = await requestFile('event.yaml', 'training: {event_bridge: {}}');
  expect(await read({ natConfig, request })).toMatchObject({
    request: { training: { event_bridge: {} } },
    whyTraining: 'The run trains: the request has a training block of its own.',
  });
  const set = ['training.nemo_customizer.poll_interval_seconds=5'];
  await expect(read({ natConfig, set })).rejects.toThrow(
    /entity_host.* Nothing is trained: finetuning\.enabled of .* is false by default\. --train trains anyway\.$/,
  );
  expect((await read({ natConfig, set, train: true })).request.training).toMatchObject({
    nemo_customizer: { namespace: 'ns', poll_interval_seconds: 5 },
  });
});

test('what came from the environment is in no message', async () => {
  process.env.DPO_TEST_SECRET = 'hf_very_secret';
  const secret = `\${DPO_TEST_SECRET}`;
  const natConfig = await requestFile(
    'secret.yml',
    `trajectory_builders: {b: {_type: dpo_traj_builder, min_score_diff: "${secret}", reward: "${secret}", x${secret}: 1}}\nfinetuning: {enabled: false}\n`,
  );
  const message = await complaint({ natConfig });
  expect(message).toBe(`builder.min_score_diff must be a number of at least 0, but is "${secret}".`);
  const enabled = await requestFile('enabled.yml', `${ADAPTER}finetuning: {enabled: "${secret}"}`);
  expect(await complaint({ natConfig: enabled })).toContain(`must be true or false, but is "${secret}".`);
  const noted = await requestFile('noted.yml', `${ADAPTER}trajectory_builders: {b: {_type: "${secret}"}}`);
  expect((await read({ natConfig: noted })).notes.join()).toContain(`its _type is ${secret}`);
  delete process.env.DPO_TEST_SECRET;
});

test('--train without a trainer is refused', async () => {
  const message =
    '--train needs a trainer. Give a trainer_adapters entry in --nat-config, or a training block in --request.';
  await expect(read({ train: true })).rejects.toThrow(message);
  const natConfig = await requestFile('builder.yml', 'trajectory_builders: {b: {_type: dpo_traj_builder}}');
  await expect(read({ train: true, natConfig })).rejects.toThrow(message);
  const set = ['training={"event_bridge":{}}'];
  expect(await read({ train: true, set })).toMatchObject({ whyTraining: undefined, request: { training: {} } });
});

test('paths on the command line replace all traces of the request file', async () => {
  const request = await requestFile('keyed.json', '{"source":{"traces":{"bucket":"b","key":"k"}}}');
  expect((await read({ request })).request.source).toMatchObject({ traces: { prefix: '' } });
  expect((await read({ request, paths: [] })).request.source).toEqual({
    cut: true,
    traces: { bucket: 'b', key: 'k' },
  });
});

test('source.cut joins the traces that the command line or the request file names', async () => {
  const request = await requestFile('uncut.json', '{"source":{"cut":false,"traces":{"bucket":"b","key":"k"}}}');
  for (const args of [{ set: ['source.cut=false'] }, { request }, { request, paths: [] }]) {
    expect((await read(args)).request.source).toMatchObject({ cut: false });
  }
});

test('directories in the request file are named from the working directory', async () => {
  const request = await requestFile(
    'traces.yaml',
    'source: {traces: [{bucket: "file:examples", prefix: ""}, {bucket: b, key: k}]}',
  );
  expect((await read({ request, paths: [] })).request.source).toEqual({
    cut: true,
    traces: [
      { bucket: pathToFileURL(join(process.cwd(), 'examples/')).href, prefix: '' },
      { bucket: 'b', key: 'k' },
    ],
  });
  await expect(read({ request, paths: [], out: 'examples/out' })).rejects.toThrow('--out is inside the traces');
});

test("a tokenizer's directory is named from the working directory", async () => {
  const { request } = await read({ set: ['dataset.tokenizer.bucket=file:models/qwen'] });
  const bucket = pathToFileURL(join(process.cwd(), 'models/qwen/')).href;
  expect(request.dataset.tokenizer).toEqual({ bucket, prefix: '' });
});

test('a workflow of the request file takes single settings, and its dataset is named from the working directory', async () => {
  const request = await requestFile(
    'workflow.yaml',
    'source: {workflow: {endpoint: "http://localhost:8000", reps: 3, dataset: {bucket: "file:examples", key: questions.csv}}}',
  );
  const set = ['source.workflow.reps=2', 'source.workflow.dataset.key=q.json'];
  const bucket = pathToFileURL(join(process.cwd(), 'examples/')).href;
  expect((await read({ request, set, paths: [] })).request.source).toMatchObject({
    workflow: { endpoint: 'http://localhost:8000', reps: 2, dataset: { bucket, key: 'q.json' } },
  });
  expect((await read({ request })).request.source).toMatchObject({ traces: { prefix: '' } });
});

test('a --set of a list of texts needs no JSON; a comma elsewhere is text', async () => {
  const formatsOf = async (value: string) =>
    (await read({ set: [`dataset.formats=${value}`] })).request.dataset.formats;
  for (const value of ['trl,openai', '[trl,openai]', '[trl, openai]', ' trl , "openai" ', '["trl","openai"]']) {
    expect(await formatsOf(value)).toEqual(['trl', 'openai']);
  }
  expect(await formatsOf('trl')).toEqual(['trl']);
  expect(await complaint({ set: ['dataset.formats='] })).toContain('dataset.formats must be a list');
  const { request } = await read({ set: ['builder.ttc_step_name=a,b', 'source.score=a,b'] });
  expect(request).toMatchObject({ builder: { ttc_step_name: 'a,b' }, source: { score: 'a,b' } });
});

test('a request file may name its schema, which is no part of the request', async () => {
  const request = await requestFile('with-schema.json', '{"$schema": "request.schema.json", "run_id": "r"}');
  expect(Object.keys((await read({ request })).request)).not.toContain('$schema');
  const wrong = await requestFile('wrong-schema.json', '{"$schema": 1, "run_id": "r"}');
  expect(await complaint({ request: wrong })).toContain('$schema is not a setting');
});

test('a bucket of the request file is a name or a folder of this machine; any other address is refused', async () => {
  const bucketOf = async (bucket: string) => {
    const request = await requestFile('bucket.json', JSON.stringify({ source: { traces: { bucket, prefix: '' } } }));
    return (await read({ paths: [], request })).request.source;
  };
  const home = pathToFileURL(`${homedir()}/`).href;
  expect(await bucketOf('file:~/data')).toMatchObject({ traces: { bucket: `${home}data/` } });
  expect(await bucketOf('file:~')).toMatchObject({ traces: { bucket: home } });
  expect(await bucketOf('my-traces.2')).toMatchObject({ traces: { bucket: 'my-traces.2' } });
  for (const bucket of ['s3://my-traces', '~/data', './data', '/data', 'https://x']) {
    await expect(bucketOf(bucket)).rejects.toThrow(`${bucket} is not a bucket. Write the name alone`);
  }
});

test('a --set value is JSON where it is JSON, else text', async () => {
  const set = ['builder.ttc_step_name=my step=1', 'dataset.max_pairs=null', 'dataset.formats=["nemo_customizer"]'];
  const { request } = await read({ set });
  expect(request.builder.ttc_step_name).toBe('my step=1');
  expect(request.dataset).toMatchObject({ max_pairs: null, formats: ['nemo_customizer'] });
});

test.each<[string, Partial<RunArgs>, string]>([
  [
    'a path that is not there',
    { paths: ['/no/such'] },
    '/no/such does not exist. Name a trace file, a directory of them, or s3://bucket/prefix.',
  ],
  [
    'no path',
    { paths: [] },
    'Nothing to read. Name a trace file, a directory of them or s3://bucket/prefix, or give a source in --request.',
  ],
  ['an address without a bucket', { paths: ['s3:///x'] }, 's3:///x has no bucket. Write s3://bucket/prefix.'],
  [
    'a --set without a value',
    { set: ['builder'] },
    '--set builder has no value. Write it as --set builder.min_score_diff=0.05.',
  ],
  [
    'a --set of a prototype',
    { set: ['__proto__.x=1'] },
    '--set __proto__.x is not a setting: "__proto__" is not allowed.',
  ],
  [
    'a --set of a constructor',
    { set: ['builder.constructor.x=1'] },
    '--set builder.constructor.x is not a setting: "constructor" is not allowed.',
  ],
  [
    'a --set with an empty name',
    { set: ['builder..x=1'] },
    '--set builder..x is not a setting: a part of it is empty.',
  ],
  [
    'a mistyped --set',
    { set: ['builder.min_score_dif=1'] },
    'builder.min_score_dif is not a setting; did you mean builder.min_score_diff?',
  ],
  ['a --set of a section', { set: ['builder=5'] }, 'builder must be an object, but is 5.'],
  ['text for --concurrency', { concurrency: 'many' }, '--concurrency must be a whole number, but is "many".'],
  [
    'no --concurrency at all',
    { concurrency: '0' },
    'limits.max_concurrency must be a whole number from 1 to 10000, but is 0.',
  ],
  ['a shard too small', { shardBytes: '1' }, 'limits.shard_bytes must be a whole number of at least 1024, but is 1.'],
  [
    'a run id with a path in it',
    { runId: 'a/../b' },
    'run_id must be 1 to 80 letters, digits, "_", "-" or ".", beginning with a letter or digit, but is "a/../b".',
  ],
  ['a request file that is not there', { request: '/no/such.json' }, '--request /no/such.json does not exist.'],
  ['a directory as a request file', { request: '/' }, '--request / cannot be read as a file.'],
])('%s is refused by name', async (_, args, message) => {
  expect(await complaint(args)).toBe(message);
});

test('a broken request file is refused with the place of the break', async () => {
  expect(await complaint({ request: await requestFile('broken.json', '{"run_id": }') })).toMatch(
    /^--request …\/broken\.json is not JSON: Unexpected token '}', "{"run_id": }" is not valid JSON\.$/,
  );
  expect(await complaint({ request: await requestFile('broken.yaml', 'a: [1') })).toMatch(
    /^--request …\/broken\.yaml is not YAML: .*line 1.*\.$/,
  );
  expect(await complaint({ request: await requestFile('list.json', '[]') })).toBe(
    '--request …/list.json must be an object of settings.',
  );
});

test('a __proto__ key in the request file is refused, and reaches no prototype', async () => {
  const request = await requestFile('proto.json', '{"builder": {"__proto__": {"polluted": 1}}}');
  expect(await complaint({ request })).toMatch(/^builder\.__proto__ is not a setting; /);
  expect(Reflect.get({}, 'polluted')).toBeUndefined();
});

test('an --out that is a file, or lies within the traces, is refused', async () => {
  expect(await complaint({ out: at('traces/a.jsonl') })).toBe('--out …/traces/a.jsonl is a file: name a directory.');
  const within = '--out is inside the traces, so the next run would read it. Name a directory outside them.';
  expect(await complaint({ out: at('traces/out') })).toBe(within);
  expect(await complaint({ out: at('traces') })).toBe(within);
  expect(await complaint({ paths: ['s3://b/x'], out: 's3://b/x/out' })).toBe(within);
  await expect(read({ out: at('traces-out') })).resolves.toBeDefined();
});
