import { describe, expect, test } from 'vitest';
import { WorkflowSource } from '../../../lib/contract/workflow.ts';
import { explainRefusal } from '../../../lib/stages/workflow/refusal.ts';

const explain = (answer: unknown, posted: unknown = { input_message: 'a private question' }) =>
  explainRefusal(Buffer.from(typeof answer === 'string' ? answer : JSON.stringify(answer)), JSON.stringify(posted));

const missing = (...loc: string[]) => ({ type: 'missing', loc, msg: 'Field required', input: { x: 'private' } });

describe('why a server refused', () => {
  test.each([
    ['nothing', '', undefined],
    ['a page', '<html>private</html>', undefined],
    ['JSON without words', { code: 5 }, undefined],
    ['text', 'no such\nroute', 'no such route'],
    ['a detail', { detail: 'Not Found' }, 'Not Found'],
    ['a message', { message: 'bad key' }, 'bad key'],
    ['an error', { error: { message: 'bad model' } }, 'bad model'],
    ['words that quote what was posted', { detail: 'cannot read "a private question"' }, 'cannot read "…"'],
    ['long words', { detail: 'x'.repeat(500) }, `${'x'.repeat(200)}…`],
    ['an empty list', { detail: [] }, undefined],
    [
      'a wrong type',
      { detail: [{ type: 'string_type', loc: ['body', 'input'], msg: 'Input should be a valid string', input: 5 }] },
      'body.input: Input should be a valid string',
    ],
    [
      'a field below that is missing',
      { detail: [missing('body', 'messages', '0')] },
      'body.messages.0: Field required',
    ],
    [
      'fields that are missing',
      { detail: [missing('body', 'role'), missing('body', 'board'), missing('query', 'q'), missing('body', 'z')] },
      'body.role: Field required, body.board: Field required, query.q: Field required, and 1 more; the workflow takes other fields: set source.workflow.body, as in {"role":"{{question}}","board":"{{board}}","z":"{{z}}"}',
    ],
  ])('%s', (_, answer, expected) => {
    expect(explain(answer)).toBe(expected);
  });

  test('values that were posted as lists, in objects and with escapes are hidden too', () => {
    const posted = { messages: [{ content: 'say "hi" there' }] };
    expect(explain({ detail: 'got say \\"hi\\" there and say "hi" there' }, posted)).toBe('got … and …');
  });
});

test.each(['/v1/workflow', '/v1/workflow/stream', '/generate', 'v1/workflow/full', '/v1/workflow/fully'])(
  'the route %s is refused with the right one',
  (route) => {
    const source = { endpoint: 'https://agent.example', dataset: { bucket: 'b', key: 'k' }, route };
    expect(WorkflowSource.safeParse(source).error?.issues[0]?.message).toBe(
      'must be the route that sends steps, which begins with / and ends in /full: /v1/workflow/full',
    );
  },
);
