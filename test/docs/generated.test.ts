import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import * as z from 'zod';
import { choice, endInFailure, step } from '../../infra/states.ts';
import {
  ARCHITECTURE_FILE,
  architectureText,
  OPERATIONS_FILE,
  operationsText,
  REFERENCE_FILE,
  referenceText,
  SCHEMA_FILE,
  schemaText,
} from '../../scripts/docs.ts';
import { statePicture } from '../../scripts/state-picture.ts';
import { dpo } from '../cli/dpo-process.ts';
import { blocksOf, PAGES } from './pages.ts';

const fileText = (file: string): string => readFileSync(new URL(`../../${file}`, import.meta.url), 'utf8');

test('the published schema and reference are those of the code; `npm run docs` makes them so', () => {
  expect(fileText(SCHEMA_FILE)).toBe(schemaText());
  expect(fileText(REFERENCE_FILE)).toBe(referenceText());
});

test('with the published schema an editor takes the requests that the docs show, and marks a misspelt setting', () => {
  const schema = z.fromJSONSchema(JSON.parse(schemaText()));
  const blocks = PAGES.flatMap(blocksOf).filter(({ language }) => language === 'yaml');
  const shown = blocks.map(({ text }) => parse(text)).filter((block) => 'source' in block || 'training' in block);
  const requests = [parse(fileText('examples/training.yaml')), ...shown];
  expect(requests).toHaveLength(3);
  for (const request of requests) expect(schema.safeParse(request).error).toBeUndefined();
  expect(schema.safeParse({ builder: { min_score_dif: 0.1 } }).success).toBe(false);
});

test('the architecture shows the state machine as it is; `npm run docs` draws it', () => {
  expect(fileText(ARCHITECTURE_FILE)).toBe(architectureText());
});

test('the operations page has every error with its cure as the code has it; `npm run docs` writes it', () => {
  expect(fileText(OPERATIONS_FILE)).toBe(operationsText());
});

test('the drawing has every state or names it, and every way on but the failures', () => {
  const place = { partition: 'aws', collections: 'collections', functionArn: (name: string) => name };
  const drawing = statePicture({
    StartAt: 'Evaluate',
    States: {
      ...step('Evaluate', { payload: '$', next: 'Which' }, place),
      Which: choice([{ Variable: '$.left.more', BooleanEquals: true, Next: 'Rest' }], 'Done'),
      Rest: { Type: 'Wait', SecondsPath: '$.seconds', Next: 'Evaluate' },
      Done: { Type: 'Succeed' },
      ...endInFailure(place),
    },
  });
  expect(drawing).toBe(`\`\`\`mermaid
flowchart TD
  Evaluate["Evaluate"]
  Which{"Which"}
  Rest{{"Rest"}}
  Done(["Done"])
  Evaluate --> Which
  Which -->|"left.more is true"| Rest
  Which -->|"else"| Done
  Rest --> Evaluate
\`\`\`

Not drawn, because a Catch leads there from every state that can fail: \`EvaluateFailed\`, \`ReadFailure\`, \`RecordFailure\`, \`NotRecorded\`, \`NotRecordedByOwnName\`, \`Failed\`.
`);
});

test('dpo schema prints the published schema', async () => {
  expect(await dpo(['schema'])).toEqual({ code: 0, stdout: fileText(SCHEMA_FILE), stderr: '' });
});
