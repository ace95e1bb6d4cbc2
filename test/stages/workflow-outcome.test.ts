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
