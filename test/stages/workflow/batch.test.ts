import { describe, expect, it } from 'vitest';
import { WorkflowRun } from '../../../lib/contract/workflow.ts';
import { examples, liveRun } from '../../support/live-run.ts';
import { answers, inTurn, status } from '../../support/workflow-server.ts';

describe('a batch', () => {
  it('that runs out of time hands the rest on, asks nothing twice, and counts tries over its rounds', async () => {
    const clock = { left: 0 };
    const { run, server } = await liveRun(
      (asked, response) => {
        clock.left -= 200_000;
        return (asked.question === 'q1' ? status(503) : answers('x'))(asked, response);
      },
      examples(4),
      { max_concurrency: 1, timeout_seconds: 300, continue_on_collection_error: true },
    );
    const { rounds, lines } = await run({
      remainingMs: () => clock.left,
      beforeRound: () => {
        clock.left = 500_000;
      },
    });
    expect(rounds.length).toBeGreaterThan(2);
    expect(server.asked.filter(({ question }) => question === 'q1')).toHaveLength(4);
    expect(server.asked).toHaveLength(3 + 4);
    expect(
      lines.map((line) => WorkflowRun.parse(JSON.parse(line).workflow_run)).toSorted((a, b) => a.row - b.row),
    ).toMatchObject([
      { row: 0, tries: 1 },
      { row: 1, tries: 4, failure: { reason: 'http_error' } },
      { row: 2, tries: 1 },
      { row: 3, tries: 1 },
    ]);
    expect(rounds.slice(0, -1).every(({ done }) => !done)).toBe(true);
    expect(rounds.at(-1)).toMatchObject({ done: true, answered: 3, failed: 1, tried: {} });
  });

  it('does not wait for another try that there is no time for', async () => {
    const clock = { left: 0 };
    const { run, sleeps } = await liveRun((asked, response) => {
      clock.left = 340_000;
      return inTurn(status(429, { 'retry-after': '60' }), answers('x'))(asked, response);
    }, examples(1));
    const beforeRound = () => {
      clock.left = 900_000;
    };
    const { rounds } = await run({ remainingMs: () => clock.left, beforeRound });
    expect(rounds).toMatchObject([{ done: false, tried: { 0: 1 } }, { done: true }]);
    expect(sleeps).toEqual([]);
  });

  it('that was written is not run again', async () => {
    const { run, server } = await liveRun(answers('x'), examples(3));
    const first = await run();
    const again = await run();
    expect(server.asked).toHaveLength(3);
    expect(again.lines).toEqual(first.lines);
    expect(again.output).toEqual(first.output);
  });

  it('that runs twice at once is in the trace once, as the first to finish wrote it', async () => {
    let release = () => {};
    const held = new Promise<void>((done) => {
      release = done;
    });
    const { run, server } = await liveRun(async (asked, response) => {
      if (asked.time === 1) await held;
      return answers(`time ${asked.time}`)(asked, response);
    }, examples(5));
    const slow = run();
    await expect.poll(() => server.asked.length).toBe(5);
    const { lines } = await run();
    release();
    expect((await slow).lines).toEqual(lines);
    expect(lines.map((line) => JSON.parse(line).generated_answer)).toEqual(Array(5).fill('time 2'));
  });

  it('says so where one answer’s time does not fit into the function’s', async () => {
    const { run } = await liveRun(answers('x'), examples(1), { timeout_seconds: 840 });
    await expect(run({ remainingMs: () => 60_000 })).rejects.toThrow(
      'timeout_seconds 840 does not fit: the function has 60 seconds left',
    );
  });

  it('passes little between its rounds, however large it is', async () => {
    let left = 0;
    const { run } = await liveRun(
      (asked, response) => {
        left = 0;
        return status(503)(asked, response);
      },
      examples(100),
      { batch_size: 100, max_concurrency: 100, continue_on_collection_error: true },
    );
    const { rounds } = await run({
      remainingMs: () => left,
      beforeRound: () => {
        left = 900_000;
      },
    });
    expect(Object.keys(rounds[0]?.tried ?? {})).toHaveLength(100);
    expect(Math.max(...rounds.map((round) => JSON.stringify(round).length))).toBeLessThan(4096);
  });
});
