import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { credentialHeaders, redactor } from '../../functions/http/credentials.ts';
import { secretsOnlyTo } from '../../functions/http/workflow-client.ts';
import { environmentSecrets } from '../../functions/secrets.ts';
import { WorkflowSource } from '../../lib/contract/workflow.ts';
import { progressOf } from '../../lib/workflow/progress.ts';
import { delayMs, retryAfterMs } from '../../lib/workflow/retry.ts';

describe('how long to wait before another try', () => {
  it('is anything up to a wait that doubles from one second to thirty', () => {
    expect([1, 2, 3, 4, 5, 6, 7].map((tries) => delayMs(tries, () => 1))).toEqual(
      [1, 2, 4, 8, 16, 30, 30].map((seconds) => seconds * 1000),
    );
    expect(delayMs(4, () => 0)).toBe(0);
  });

  it('comes on top of what the server asked for', () => {
    expect(delayMs(1, () => 0.5, 7000)).toBe(7500);
  });

  it('reads Retry-After as seconds or as a date, within a minute and never back in time', () => {
    const now = Date.parse('2026-11-23T10:00:00Z');
    const read = (header?: string) => retryAfterMs(header, now);
    expect(read('7')).toBe(7000);
    expect(read('Mon, 23 Nov 2026 10:00:30 GMT')).toBe(30_000);
    expect(read('Mon, 23 Nov 2026 09:00:00 GMT')).toBe(0);
    expect(read('86400')).toBe(60_000);
    expect(read('soon')).toBe(0);
    expect(read()).toBe(0);
  });

  it('is never negative and never beyond a minute and a half', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 50 }),
        fc.double({ min: 0, max: 0.999, noNaN: true }),
        fc.string(),
        (tries, random, header) => {
          const wait = delayMs(tries, () => random, retryAfterMs(header, 0));
          expect(wait).toBeGreaterThanOrEqual(0);
          expect(wait).toBeLessThan(90_000);
        },
      ),
    );
  });
});

describe('a secret', () => {
  it('is a bearer token, or headers by name', () => {
    expect(credentialHeaders('abc\n', 'arn')).toEqual({ authorization: 'Bearer abc' });
    expect(credentialHeaders('{"X-Api-Key":"k"}', 'arn')).toEqual({ 'x-api-key': 'k' });
  });

  it.each(['', ' ', '{"x":{"secret-value":1}}', 'secret-value\r\nx: y', '{"bad name":"secret-value"}'])(
    'is refused, unseen, where it is neither: %j',
    (secret) => {
      expect(() => credentialHeaders(secret, 'arn:name')).toThrow(
        expect.objectContaining({ name: 'SecretUnavailable', message: expect.not.stringContaining('secret-value') }),
      );
    },
  );

  it('is blotted out with and without its scheme', () => {
    const redact = redactor(['Bearer token-1234', 'a"quoted"key']);
    expect(redact('got Bearer token-1234, token-1234 and "a\\"quoted\\"key"')).toBe(
      'got [redacted], [redacted] and "[redacted]"',
    );
  });

  it('comes from the environment by its name only on this machine', async () => {
    const read = environmentSecrets({ TOKEN: 'abc' }, async (name) => `from AWS: ${name}`);
    expect(await read('env:TOKEN')).toBe('abc');
    expect(await read('arn:aws:secretsmanager:x')).toBe('from AWS: arn:aws:secretsmanager:x');
    await expect(read('env:NONE')).rejects.toThrow('env:NONE is not set');
  });

  it('goes on AWS only to endpoints that the stack names; without one, any may be asked', async () => {
    const asked: string[] = [];
    const client = { post: () => Promise.reject(new Error('not asked')), redact: (text: string) => text };
    const connect = secretsOnlyTo(['https://agent.example', 'http://10.0.0.7:8000/'], async ({ endpoint }) => {
      asked.push(endpoint);
      return client;
    });
    const source = (endpoint: string, auth_secret_arn: string | null) =>
      WorkflowSource.parse({ endpoint, auth_secret_arn, dataset: { bucket: 'b', key: 'k' } });
    const arn = 'arn:aws:secretsmanager:eu-central-1:123456789012:secret:agent-AbCdEf';
    for (const elsewhere of ['https://attacker.example', 'https://agent.example:8443', 'http://agent.example']) {
      await expect(connect(source(elsewhere, arn))).rejects.toMatchObject({
        name: 'EndpointRefused',
        message: expect.stringContaining("Put this origin in the stack's allowedEndpoints"),
      });
    }
    expect(asked).toEqual([]);
    await connect(source('https://agent.example/agents/7', arn));
    await connect(source('http://10.0.0.7:8000', arn));
    await connect(source('https://anywhere.example', null));
    expect(asked).toEqual(['https://agent.example/agents/7', 'http://10.0.0.7:8000', 'https://anywhere.example']);
  });
});

describe('a workflow in a request', () => {
  const source = { endpoint: 'https://agent.example', dataset: { bucket: 'b', key: 'k' } };

  it.each([
    [{ endpoint: 'ftp://agent.example' }, 'endpoint'],
    [{ endpoint: 'https://user:pass@agent.example' }, 'endpoint'],
    [{ endpoint: 'https://agent.example?token=1' }, 'endpoint'],
    [{ auth_secret_arn: 'my-plain-token' }, 'auth_secret_arn'],
    [{ timeout_seconds: 900 }, 'timeout_seconds'],
    [{ filter_steps: 'TTC_END&x=1' }, 'filter_steps'],
    [{ headers: { authorization: 'x' } }, 'headers'],
  ])('refuses %j', (wrong, key) => {
    const issues = WorkflowSource.safeParse({ ...source, ...wrong }).error?.issues;
    expect(JSON.stringify(issues)).toContain(key);
  });
});

describe('NAT’s progress records', () => {
  it('sum up each repetition', async () => {
    const records = await progressOf(rewards(['a_rep0', 0.5], ['b_rep0', 0.25], ['a_rep2', 1], ['b_rep2', -0.5]), 3);
    expect(records).toEqual([
      { run_number: 0, num_trajectories: 2, num_dpo_pairs: 2, avg_reward: 0.375, min_reward: 0.25, max_reward: 0.5 },
      { run_number: 1, num_trajectories: 0, num_dpo_pairs: 0, avg_reward: 0, min_reward: 0, max_reward: 0 },
      { run_number: 2, num_trajectories: 2, num_dpo_pairs: 2, avg_reward: 0.25, min_reward: -0.5, max_reward: 1 },
    ]);
  });

  it('take all ids for the only repetition there is', async () => {
    expect(await progressOf(rewards(['x_rep7', 2]), 1)).toMatchObject([{ run_number: 0, num_trajectories: 1 }]);
  });
});

async function* rewards(...pairs: readonly (readonly [string, number])[]) {
  for (const [example_id, reward] of pairs) yield { example_id, reward };
}
