import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { WorkflowSource } from '../../../lib/contract/workflow.ts';
import { delayMs, retryAfterMs } from '../../../lib/stages/workflow/retry.ts';

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
