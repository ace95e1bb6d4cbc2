import { expect, test } from 'vitest';
import { parseRequest } from '../../lib/contract/parse-request.ts';
import { InvalidRequest } from '../../lib/errors.ts';

const source = { traces: { bucket: 'b', key: 'k.json' } };
const workflow = { endpoint: 'https://agent.example', dataset: { bucket: 'b', key: 'q.json' } };
const valid = { run_id: 'r', source };

function complaint(request: unknown): string {
  try {
    parseRequest(request);
  } catch (error) {
    if (error instanceof InvalidRequest) return error.message;
    throw error;
  }
  throw new Error('the request was taken');
}

test('a request with nothing but its id and source gets every default', () => {
  expect(parseRequest(valid)).toMatchObject({ run_id: 'r', source, builder: { compatibility: 'strict' } });
});

test.each([
  [
    'a mistyped setting names the one meant',
    { ...valid, builder: { min_score_dif: 1 } },
    'builder.min_score_dif is not a setting; did you mean builder.min_score_diff?',
  ],
  [
    'a setting outside its section names its place',
    { ...valid, min_score_diff: 1 },
    'min_score_diff is not a setting; did you mean builder.min_score_diff?',
  ],
  [
    'a key like no setting lists what there is',
    { ...valid, zzzzzzzz: 1 },
    'zzzzzzzz is not a setting; the request takes run_id, source, builder, dataset, limits, report, training.',
  ],
  [
    'a number below its least',
    { ...valid, builder: { min_score_diff: -1 } },
    'builder.min_score_diff must be a number of at least 0, but is -1.',
  ],
  [
    'text for a number',
    { ...valid, builder: { min_score_diff: '0.1' } },
    'builder.min_score_diff must be a number of at least 0, but is "0.1".',
  ],
  [
    'a fraction where a whole number or null belongs',
    { ...valid, dataset: { max_pairs: 1.5 } },
    'dataset.max_pairs must be a whole number of at least 1, or null, but is 1.5.',
  ],
  [
    'a fraction past 1',
    { ...valid, dataset: { validation_fraction: 2 } },
    'dataset.validation_fraction must be a number from 0 to 1, but is 2.',
  ],
  [
    'text for a switch',
    { ...valid, builder: { exhaustive_pairs: 'yes' } },
    'builder.exhaustive_pairs must be true or false, but is "yes".',
  ],
  [
    'a choice that is none',
    { ...valid, builder: { compatibility: 'loose' } },
    'builder.compatibility must be "strict" or "nat", but is "loose".',
  ],
  ['a wrong entry of a list', { ...valid, dataset: { formats: [7] } }, /^dataset\.formats\.0 must be ".*, but is 7\.$/],
  ['a value for a section', { ...valid, builder: 5 }, 'builder must be an object, but is 5.'],
  [
    'a run id with a path in it',
    { ...valid, run_id: '../x' },
    'run_id must be 1 to 80 letters, digits, "_", "-" or ".", beginning with a letter or digit, but is "../x".',
  ],
  ['no source', { run_id: 'r' }, 'source is missing: it must be an object with "traces" or an object with "workflow".'],
  ['no object', null, 'The request must be an object with "run_id" and "source", but is null.'],
  [
    'a URL with a password in it, which is not repeated',
    {
      ...valid,
      training: {
        nemo_customizer: {
          entity_host: 'https://me:hunter2@nemo.example.com',
          datastore_host: 'https://nemo.example.com',
          namespace: 'team',
          customization_config: 'meta/llama@v1',
        },
      },
    },
    'training.nemo_customizer.entity_host must have no user, query or fragment: name a secret by auth_secret_arn, but is "https://…@nemo.example.com".',
  ],
  ['NaN', { ...valid, limits: { max_concurrency: Number.NaN } }, /max_concurrency must be .* 1 to 10000, but is NaN\./],
  [
    'a mistyped key of a location',
    { run_id: 'r', source: { traces: { bucket: 'b', kye: 'k' } } },
    'source.traces.kye is not a setting; did you mean source.traces.key?',
  ],
  [
    'a location without key or prefix',
    { run_id: 'r', source: { traces: { bucket: 'b' } } },
    'source.traces must be an object with "bucket" and "key", or an object with "bucket" and "prefix", or a list of at least 1, but is an object with "bucket".',
  ],
  [
    'text for a location',
    { run_id: 'r', source: { traces: 's3://b/k' } },
    'source.traces must be an object with "bucket" and "key", or an object with "bucket" and "prefix", or a list of at least 1, but is "s3://b/k".',
  ],
  [
    'a mistyped setting of a workflow',
    { run_id: 'r', source: { workflow: { ...workflow, rep: 2 } } },
    'source.workflow.rep is not a setting; did you mean source.workflow.reps?',
  ],
  [
    'a workflow without its dataset',
    { run_id: 'r', source: { workflow: { endpoint: 'https://a' } } },
    'source.workflow.dataset is missing: it must be an object with "bucket" and "key".',
  ],
  [
    'an endpoint that is no URL',
    { run_id: 'r', source: { workflow: { ...workflow, endpoint: 'localhost' } } },
    'source.workflow.endpoint must be an http(s) URL, but is "localhost".',
  ],
  [
    'a workflow and traces at once',
    { run_id: 'r', source: { ...source, workflow } },
    'source must be an object with "traces" or an object with "workflow", but is an object with "traces", "workflow".',
  ],
  [
    'a source of neither kind',
    { run_id: 'r', source: { trace: 'x' } },
    'source.trace is not a setting; did you mean source.traces?',
  ],
  ['an empty list of locations', { run_id: 'r', source: { traces: [] } }, /^source\.traces must be .*an empty list\.$/],
  [
    'an empty bucket name within a list',
    { run_id: 'r', source: { traces: [source.traces, { bucket: '', key: 'k' }] } },
    'source.traces.1.bucket must be text that is not empty, but is "".',
  ],
])('%s: a sentence that names it', (_, request, message) => {
  if (typeof message === 'string') expect(complaint(request)).toBe(message);
  else expect(complaint(request)).toMatch(message);
});

test('a __proto__ key is an unknown setting, and reaches no prototype', () => {
  const request: unknown = JSON.parse(
    '{"run_id":"r","source":{"traces":{"bucket":"b","key":"k"}},"__proto__":{"polluted":1},"constructor":1}',
  );
  expect(complaint(request)).toMatch(/^__proto__ is not a setting; .* constructor is not a setting; /);
  expect(Reflect.get({}, 'polluted')).toBeUndefined();
});

test('a deeply nested value is named by its kind, not printed', () => {
  const deep: unknown = JSON.parse(`${'['.repeat(100_000)}${']'.repeat(100_000)}`);
  expect(complaint({ ...valid, builder: { min_score_diff: deep } })).toBe(
    'builder.min_score_diff must be a number of at least 0, but is a list of 1.',
  );
});

test('of many wrong settings the first five are named and the rest counted', () => {
  const builder = Object.fromEntries(Array.from({ length: 8 }, (_, at) => [`zzzzzz${at}`, at]));
  expect(complaint({ ...valid, builder })).toMatch(/zzzzzz4 is not a setting;[^;]*\. 3 more settings are wrong\.$/);
});

test.each([
  [{ source: { workflow: { ...workflow, auth_secret_arn: 'sk-plain-token' } } }, 'source.workflow.auth_secret_arn'],
  [
    { training: { nemo_platform: { host: 'https://n.example', model: 'm', auth_secret_arn: 'sk-plain-token' } } },
    'training.nemo_platform.auth_secret_arn',
  ],
])('a secret given in place of its name is not repeated: %j', (settings, name) => {
  expect(complaint({ ...valid, ...settings })).toBe(
    `${name} must be the ARN of a Secrets Manager secret, but is something else (not shown: it may be a secret).`,
  );
});

test('a token of the wrong kind is not repeated', () => {
  const nemo = { entity_host: 'https://n.example', datastore_host: 'https://n.example', namespace: 'n' };
  const customizer = { ...nemo, customization_config: 'c', hf_token: 1234567 };
  expect(complaint({ ...valid, training: { nemo_customizer: customizer } })).not.toContain('1234567');
});
