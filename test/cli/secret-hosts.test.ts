import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { SecretUse } from '../../adapters/http/endpoint-credentials.ts';
import { wayOutOfHere } from '../../adapters/http/way-out.ts';
import { originFromFlag, refuseSecretsElsewhere, withSecretsOnlyTo } from '../../cli/local/secret-hosts.ts';
import { requestFromArgs } from '../../cli/request-from-args.ts';
import { jsonText } from '../../lib/objects/stored-json.ts';
import { dpo } from './dpo-process.ts';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'dpo-secret-hosts-'));
  await writeFile(join(folder, 'a.jsonl'), '{}\n');
});
afterAll(() => rm(folder, { recursive: true }));

const NAMES = ['NAT_HF', 'NAT_HOST', 'MY_API_KEY'] as const;
const withEnvironment = async <Result>(
  values: Partial<Record<(typeof NAMES)[number], string>>,
  work: () => Promise<Result>,
) => {
  Object.assign(process.env, values);
  try {
    return await work();
  } finally {
    for (const name of NAMES) delete process.env[name];
  }
};

async function read(file: string, text: string, set: readonly string[] = []) {
  const path = join(folder, file);
  await writeFile(path, text);
  const named = file.endsWith('.yml') ? { natConfig: path, train: true } : { request: path };
  return requestFromArgs({ paths: [join(folder, 'a.jsonl')], out: join(folder, 'out'), set, ...named });
}

const ofWorkflow = JSON.stringify({
  source: {
    workflow: {
      endpoint: 'https://agent.example.com/v1',
      dataset: { bucket: 'd', key: 'q.json' },
      auth_secret_arn: 'env:AWS_SECRET_ACCESS_KEY',
    },
  },
});
const ofPlatform = JSON.stringify({
  training: {
    nemo_platform: { host: 'https://nemo.example.com', model: 'm', workspace: 'w', auth_secret_arn: 'env:TOKEN' },
  },
});
const adapter = (fields: string) => `
trainer_adapters:
  nemo:
    _type: nemo_customizer_trainer_adapter
    entity_host: https://entities.example.com
    datastore_host: https://data.example.com:8443
    namespace: ns
    customization_config: meta/llama@v1
${fields}`;

const requestIn = async (file: string, text: string) => {
  const path = join(folder, file);
  await writeFile(path, text);
  return requestFromArgs({ paths: [], out: join(folder, 'out'), request: path });
};

test('a secret of this machine that a request file names goes only to hosts that the command line allows', async () => {
  const { request, givenSecrets: given } = await requestIn('workflow.json', ofWorkflow);
  const hosts = (...urls: string[]) => ({ allowed: new Set(urls.map(originFromFlag)), given });
  expect(() => refuseSecretsElsewhere(request, hosts())).toThrow(
    /^https:\/\/agent\.example\.com may not receive the secret env:AWS_SECRET_ACCESS_KEY, which source\.workflow\.auth_secret_arn names.*--allow-secrets-to https:\/\/agent\.example\.com$/,
  );
  expect(() => refuseSecretsElsewhere(request, hosts('https://agent.example.com:8443'))).toThrow(
    'may not receive the secret',
  );
  expect(() => refuseSecretsElsewhere(request, hosts('http://agent.example.com'))).toThrow(
    'may not receive the secret',
  );
  expect(() => refuseSecretsElsewhere(request, hosts('https://AGENT.example.com/any/path'))).not.toThrow();
  expect(() => originFromFlag('agent.example.com')).toThrow('is not a host. Write it as https://');
});

test('the same holds for trainers, and for a token that the environment puts into NAT’s configuration', async () => {
  const none = new Set<string>();
  const platform = await read('platform.json', ofPlatform);
  expect(() => refuseSecretsElsewhere(platform.request, { allowed: none, given: platform.givenSecrets })).toThrow(
    'the secret env:TOKEN, which training.nemo_platform.auth_secret_arn names',
  );
  const literal = await read('literal.yml', adapter('    hf_token: hf_literal_token'));
  expect(() => refuseSecretsElsewhere(literal.request, { allowed: none, given: literal.givenSecrets })).not.toThrow();
  const expanded = await withEnvironment({ NAT_HF: 'hf_from_here' }, () =>
    read('expanded.yml', adapter(`    hf_token: \${NAT_HF}`)),
  );
  const refused = () => refuseSecretsElsewhere(expanded.request, { allowed: none, given: expanded.givenSecrets });
  expect(refused).toThrow('--allow-secrets-to https://data.example.com:8443');
});

test('no secret is even read for a host that is not allowed', async () => {
  const read: string[] = [];
  const environment = new Proxy<Record<string, string>>(
    {},
    {
      get: (_, name) => {
        read.push(String(name));
        return 'a-secret-token';
      },
    },
  );
  const hosts = { allowed: new Set(['https://nemo.example.com']), given: new Set<string>() };
  const { credentials } = withSecretsOnlyTo(hosts, wayOutOfHere({ environment, allowPrivate: false }));
  const use: SecretUse = { secret: 'env:TOKEN', setting: 'training.x', endpoint: 'https://evil.example.com/a' };
  await expect(credentials(use)).rejects.toMatchObject({ name: 'EndpointRefused' });
  expect(read).toEqual([]);
  const { headers } = await credentials({ ...use, endpoint: 'https://nemo.example.com/v1' });
  expect(headers).toEqual({ authorization: 'Bearer a-secret-token' });
});

test('a run is refused before anything is written', async () => {
  await writeFile(join(folder, 'workflow.json'), ofWorkflow);
  const out = join(folder, 'refused');
  const { code, stderr } = await dpo(['run', '--request', join(folder, 'workflow.json'), '--out', out]);
  expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringMatching(/^EndpointRefused: https:\/\/agent/) });
  await expect(rm(out, { recursive: true })).rejects.toMatchObject({ code: 'ENOENT' });
});

test('what the environment puts into NAT’s configuration is in no request: a token is kept aside, anything else refused', async () => {
  const { request } = await withEnvironment({ NAT_HF: 'hf_from_here' }, () =>
    read('token.yml', adapter(`    hf_token: \${NAT_HF}`)),
  );
  expect(Buffer.from(jsonText({ run_id: 'r', ...request })).toString()).not.toContain('hf_from_here');
  const values = { MY_API_KEY: 'abcdef-123456', NAT_HOST: 'a-host.internal', NAT_HF: '1234567' };
  for (const [fields, message] of [
    [`    dataset_output_dir: \${MY_API_KEY}`, /\$\{MY_API_KEY\} into training\.nemo_customizer\.dataset_output_dir/],
    [`    dataset_name: x-\${NAT_HOST}`, /\$\{NAT_HOST\} into training\.nemo_customizer\.dataset_name/],
    [
      `    hyperparameters: {epochs: \${NAT_HF}}`,
      /\$\{NAT_HF\} into training\.nemo_customizer\.hyperparameters\.epochs/,
    ],
    [`    dataset_name: \${UNSET:-\${NAT_HOST}}`, /\$\{NAT_HOST\} into/],
  ] as const) {
    const refused = withEnvironment(values, () => read('secret.yml', adapter(fields)));
    await expect(refused).rejects.toThrow(message);
    await refused.catch((error) => {
      for (const secret of Object.values(values)) expect(String(error.stack)).not.toContain(secret);
    });
  }
});

test('what the person gives over such a value is written, and so are a default and a word too short to be a secret', async () => {
  const fields = adapter(`    dataset_name: \${NAT_HOST}\n    dataset_output_dir: \${UNSET:-a-default}`);
  const given = await withEnvironment({ NAT_HOST: 'a-long-name' }, () =>
    read('given.yml', fields, ['training.nemo_customizer.dataset_name=a-long-name']),
  );
  expect(given.request.training?.nemo_customizer).toMatchObject({
    dataset_name: 'a-long-name',
    dataset_output_dir: 'a-default',
  });
  const short = await withEnvironment({ NAT_HF: 'team' }, () =>
    read('short.yml', adapter(`    dataset_name: \${NAT_HF}`)),
  );
  expect(short.request.training?.nemo_customizer?.dataset_name).toBe('team');
});
