import { expect, test } from 'vitest';
import { parseRequest } from '../../lib/contract/parse-request.ts';
import { type Batch, workflowKeys } from '../../lib/contract/workflow.ts';
import { jsonText } from '../../lib/objects/stored-json.ts';
import { askedDataset } from '../../lib/stages/finalize/workflow-outcome.ts';
import { memoryDeps } from '../support/run.ts';

test('a run whose traces hold fewer examples than were asked is not committed', async () => {
  const deps = memoryDeps();
  const workflow = { endpoint: 'https://agent.example', dataset: { bucket: 'traces', key: 'q.json' } };
  const request = parseRequest({ run_id: 'r', source: { workflow } });
  const batches: Batch[] = [{ ordinal: 0, rep: 0, first_row: 0, rows: 3, start: 0, end: 90 }];
  await deps.collections.create(workflowKeys('r').batches, jsonText(batches));
  await expect(askedDataset(request, [], deps)).rejects.toMatchObject({
    name: 'AnswersMissing',
    message: expect.stringContaining('Run r asked 3 examples, but'),
  });
});

test('rows that were not asked are warnings, and no part of the inputs', async () => {
  const deps = memoryDeps();
  const workflow = { endpoint: 'https://agent.example', dataset: { bucket: 'traces', key: 'q.json' } };
  const request = parseRequest({ run_id: 'r', source: { workflow } });
  const keys = workflowKeys('r');
  const pin = { bucket: 'traces', key: 'q.json', etag: '"e"', bytes: 9 };
  await deps.collections.create(keys.batches, jsonText([]));
  await deps.collections.create(keys.datasetPin, jsonText({ ...pin, skipped: { repeated_id: 2, blank_question: 1 } }));
  expect(await askedDataset(request, [], deps)).toEqual({
    inputs: [pin],
    warnings: [
      '2 rows of the dataset were not asked: an earlier row has the same id.',
      '1 rows of the dataset were not asked: they have no question.',
    ],
  });
});
