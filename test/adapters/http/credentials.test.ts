import { describe, expect, it } from 'vitest';
import { credentialHeaders, redactor } from '../../../adapters/http/credentials.ts';
import { credentialsFrom, type SecretUse, secretsOnlyTo } from '../../../adapters/http/endpoint-credentials.ts';
import { environmentSecrets } from '../../../adapters/http/secrets.ts';
import { wayOutOfAws } from '../../../adapters/http/way-out.ts';
import { workflowConnector } from '../../../adapters/http/workflow-client.ts';
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
  const ARN = 'arn:aws:secretsmanager:eu-central-1:123456789012:secret:agent-AbCdEf';

  function gate() {
    const read: string[] = [];
    const all = credentialsFrom(async (name) => {
      read.push(name);
      return 'token-1234';
    });
    const credentials = secretsOnlyTo(['https://agent.example', 'http://10.0.0.7:8000/'], all);
    const ask = (endpoint: string, secret: SecretUse['secret'] = ARN) =>
      credentials({ secret, setting: 'training.nemo_platform.auth_secret_arn', endpoint });
    return { ask, read };
  }

  it.each([
    'https://attacker.example',
    'https://agent.example:8443',
    'http://agent.example',
    'https://agent.example.org',
  ])('is not even read for %s, which the stack does not name', async (elsewhere) => {
    const { ask, read } = gate();
    await expect(ask(elsewhere)).rejects.toMatchObject({
      name: 'EndpointRefused',
      message: `${elsewhere} gets no secret: training.nemo_platform.auth_secret_arn goes only to endpoints that the stack names. Put this origin in the stack's allowedEndpoints, or leave training.nemo_platform.auth_secret_arn out`,
    });
    expect(read).toEqual([]);
  });

  it.each(['https://agent.example/agents/7', 'http://10.0.0.7:8000'])(
    'goes to %s, which it names',
    async (endpoint) => {
      expect((await gate().ask(endpoint)).headers).toEqual({ authorization: 'Bearer token-1234' });
    },
  );

  it('is nobody’s concern where none is named', async () => {
    expect((await gate().ask('https://anywhere.example', null)).headers).toEqual({});
  });

  it('of a workflow goes the same way', async () => {
    const connect = workflowConnector(wayOutOfAws(['https://agent.example']));
    const dataset = { bucket: 'b', key: 'k' };
    const source = WorkflowSource.parse({ endpoint: 'https://attacker.example', auth_secret_arn: ARN, dataset });
    await expect(connect(source)).rejects.toThrow(
      'https://attacker.example gets no secret: source.workflow.auth_secret_arn goes only to',
    );
  });
});
