import { setTimeout } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { examples, liveRun } from '../../support/live-run.ts';
import { part } from '../../support/workflow-server.ts';

const MiB = 2 ** 20;

test('answers under way that hold too much together are asked again in later rounds, and none is lost', {
  timeout: 180_000,
}, async () => {
  let [asked, givenUp] = [0, 0];
  const long = part('a'.repeat(30 * MiB));
  const { run, server } = await liveRun(
    async (_, response) => {
      asked += 1;
      const isFirstRound = asked <= 5;
      response.on('close', () => {
        if (!response.writableFinished) givenUp += 1;
      });
      response.setHeader('content-length', Buffer.byteLength(long));
      response.write(long.slice(0, 28 * MiB));
      // None ends before one has found no room: all are under way together.
      while (isFirstRound && givenUp === 0) await setTimeout(20);
      response.end(long.slice(28 * MiB));
    },
    examples(5),
    { batch_size: 5, max_concurrency: 5, max_retries: 0 },
  );
  const { rounds, output, lines } = await run();
  expect(output).toMatchObject([{ answered: 5, failed: 0, tried: {} }]);
  expect(lines.map((line) => line.length > 30 * MiB)).toEqual(Array(5).fill(true));
  expect(lines.map((line) => JSON.parse(line.slice(0, 60).replace(/,"id".*/, '}')).workflow_run.tries)).toEqual(
    Array(5).fill(1),
  );
  expect(rounds.length).toBeGreaterThan(1);
  expect(server.asked.length).toBeGreaterThan(5);
});

test('a row too large to be asked is refused before the first question', async () => {
  const asked = liveRun(
    (_, response) => void response.end(part('a')),
    [{ id: 1, question: 'q', notes: 'n'.repeat(5 * MiB) }],
  );
  await expect(asked).rejects.toThrow(
    /^dataset\.json: row 1 has 52\d{5} bytes, and a row to ask has at most 4194304; /,
  );
});
