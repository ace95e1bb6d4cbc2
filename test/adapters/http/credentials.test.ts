import { describe, expect, it } from 'vitest';
import { credentialHeaders, redactor } from '../../../adapters/http/credentials.ts';
import { credentialsFrom, type SecretUse, secretsAsListed } from '../../../adapters/http/endpoint-credentials.ts';
import { environmentSecrets } from '../../../adapters/http/secrets.ts';
import { wayOutOfAws } from '../../../adapters/http/way-out.ts';
import { workflowConnector } from '../../../adapters/http/workflow-client.ts';
import { AllowedEndpoints } from '../../../lib/contract/allowed-endpoints.ts';
import { WorkflowSource } from '../../../lib/contract/workflow.ts';

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
});

describe('a secret on AWS', () => {
  const BEGINNING = 'arn:aws:secretsmanager:eu-central-1:123456789012:secret:agent';
  const ARN = `${BEGINNING}-AbCdEf`;

  function gate() {
    const read: string[] = [];
    const all = credentialsFrom(async (name) => {
      read.push(name);
      return 'token-1234';
    });
    const listed = [
      { origin: 'https://agent.example', purpose: 'training', secretArns: [ARN] },
      { origin: 'http://10.0.0.7:8000', purpose: 'training', secretArns: [`${BEGINNING}-??????`] },
      { origin: 'https://nothing.example', purpose: 'training', secretArns: [] },
      { origin: 'https://workflow.example', purpose: 'workflow', secretArns: [`${ARN}2`] },
    ];
    const credentials = secretsAsListed(AllowedEndpoints.parse(listed), 'training', all);
    const ask = (endpoint: string, secret: SecretUse['secret'] = ARN) =>
      credentials({ secret, setting: 'training.nemo_platform.auth_secret_arn', endpoint });
    return { ask, read };
  }

  it.each([
    'https://attacker.example',
    'https://agent.example:8443',
    'http://agent.example',
    'https://agent.example.org',
    'https://workflow.example',
  ])('is not even read for %s, which the stack does not list for this purpose', async (elsewhere) => {
    const { ask, read } = gate();
    await expect(ask(elsewhere)).rejects.toMatchObject({
      name: 'EndpointRefused',
      message: expect.stringContaining(`Add {"origin":"${elsewhere}","purpose":"training"} to`),
    });
    await expect(ask(elsewhere, null)).rejects.toThrow('nothing is sent there');
    expect(read).toEqual([]);
  });

  it.each([
    ['https://agent.example', `${BEGINNING}-GhIjKl`],
    ['https://agent.example', `${ARN}2`],
    ['https://nothing.example', ARN],
    ['http://10.0.0.7:8000', `${BEGINNING}-GhIjKlM`],
    ['http://10.0.0.7:8000', `${BEGINNING}-of-another-GhIjKl`],
  ])('is not read for %s, to which the stack binds another', async (endpoint, secret) => {
    const { ask, read } = gate();
    await expect(ask(endpoint, secret)).rejects.toMatchObject({
      name: 'EndpointRefused',
      message: expect.stringContaining('training.nemo_platform.auth_secret_arn names: the stack does not bind'),
    });
    expect(read).toEqual([]);
  });

  it.each([
    ['https://agent.example/agents/7', ARN],
    ['http://10.0.0.7:8000', `${BEGINNING}-GhIjKl`],
  ])('goes to %s, to which the stack binds it', async (endpoint, secret) => {
    expect((await gate().ask(endpoint, secret)).headers).toEqual({ authorization: 'Bearer token-1234' });
  });

  it('of a workflow goes the same way, and no header goes elsewhere', async () => {
    const listed = [{ origin: 'https://agent.example', purpose: 'training', secretArns: [ARN] }];
    const connect = workflowConnector(wayOutOfAws(AllowedEndpoints.parse(listed), 'workflow'));
    const dataset = { bucket: 'b', key: 'k' };
    for (const auth_secret_arn of [ARN, null]) {
      const source = WorkflowSource.parse({ endpoint: 'https://agent.example', auth_secret_arn, dataset });
      await expect(connect(source)).rejects.toThrow('Add {"origin":"https://agent.example","purpose":"workflow"}');
    }
  });
});
