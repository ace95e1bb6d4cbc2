import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { S3_LIMITS } from '../../../adapters/s3/bucket.ts';
import { bytesOf, planParts, type Source } from '../../../adapters/s3/plan-parts.ts';
import type { ComposePart } from '../../../lib/objects/store.ts';

const LIMITS = { minPartBytes: 10, maxPartBytes: 35 };
const whole = (key: string, bytes: number): ComposePart => ({ key, bytes });
const source = (key: string, start: number, bytes: number, all = false): Source => ({ key, start, bytes, whole: all });

describe('the parts of a composition', () => {
  test('objects large enough are copied whole', () => {
    expect(planParts([whole('a', 10), whole('b', 35)], LIMITS)).toEqual([
      { how: 'copy', source: source('a', 0, 10, true) },
      { how: 'copy', source: source('b', 0, 35, true) },
    ]);
  });

  test('an object larger than a part is copied in even pieces', () => {
    expect(planParts([whole('a', 71)], LIMITS)).toEqual([
      { how: 'copy', source: source('a', 0, 23) },
      { how: 'copy', source: source('a', 23, 24) },
      { how: 'copy', source: source('a', 47, 24) },
    ]);
  });

  test('a small object takes from its neighbour just what it lacks', () => {
    expect(planParts([whole('a', 3), whole('b', 30), whole('c', 2)], LIMITS)).toEqual([
      { how: 'upload', sources: [source('a', 0, 3, true), source('b', 0, 7)] },
      { how: 'copy', source: source('b', 7, 23) },
      { how: 'upload', sources: [source('c', 0, 2, true)] },
    ]);
  });

  test('a neighbour that would be too small without it is taken whole', () => {
    expect(planParts([whole('a', 3), whole('b', 16), whole('c', 30)], LIMITS)).toEqual([
      { how: 'upload', sources: [source('a', 0, 3, true), source('b', 0, 16, true)] },
      { how: 'copy', source: source('c', 0, 30, true) },
    ]);
  });

  test('nothing gives no part', () => {
    expect(planParts([], LIMITS)).toEqual([]);
    expect(planParts([whole('a', 0), whole('b', 0)], LIMITS)).toEqual([]);
  });

  const anyPart = fc.record({
    key: fc.constantFrom('a', 'b', 'c'),
    start: fc.option(fc.nat(100), { nil: undefined }),
    bytes: fc.oneof(fc.nat(12), fc.nat(200)),
  });
  const anyParts = fc
    .array(anyPart, { maxLength: 30 })
    .map((parts) =>
      parts.map(({ key, start, bytes }): ComposePart => (start === undefined ? { key, bytes } : { key, start, bytes })),
    );

  test('whatever the parts, every byte stands once and in order', () => {
    const bytesIn = (parts: readonly { key: string; start?: number; bytes: number }[]) =>
      parts.flatMap(({ key, start = 0, bytes }) => Array.from({ length: bytes }, (_, at) => `${key}${start + at}`));
    fc.assert(
      fc.property(anyParts, (parts) => {
        const steps = planParts(parts, LIMITS);
        const sources = steps.flatMap((step) => (step.how === 'copy' ? [step.source] : step.sources));
        expect(bytesIn(sources)).toEqual(bytesIn(parts));
      }),
    );
  });

  test('whatever the parts, S3 takes each: large enough but for the last, none too large, small sources uploaded', () => {
    fc.assert(
      fc.property(anyParts, (parts) => {
        const steps = planParts(parts, LIMITS);
        for (const [index, step] of steps.entries()) {
          if (index < steps.length - 1) expect(bytesOf(step)).toBeGreaterThanOrEqual(LIMITS.minPartBytes);
          if (step.how === 'copy') {
            expect(step.source.bytes).toBeGreaterThanOrEqual(LIMITS.minPartBytes);
            expect(step.source.bytes).toBeLessThanOrEqual(LIMITS.maxPartBytes);
          } else {
            expect(bytesOf(step)).toBeLessThan(2 * LIMITS.minPartBytes);
          }
        }
      }),
    );
  });

  test('whatever the parts, no source is downloaded beyond what its small neighbours lack', () => {
    fc.assert(
      fc.property(anyParts, (parts) => {
        const small = parts
          .filter(({ bytes }) => bytes < LIMITS.minPartBytes)
          .reduce((sum, { bytes }) => sum + bytes, 0);
        const uploads = planParts(parts, LIMITS).filter(({ how }) => how === 'upload');
        const uploaded = uploads.reduce((sum, step) => sum + bytesOf(step), 0);
        expect(uploaded).toBeLessThanOrEqual(small + uploads.length * 2 * LIMITS.minPartBytes);
        if (small === 0) expect(uploaded).toBe(0);
      }),
    );
  });
});

describe('the parts of a stream', () => {
  test('ten thousand of them hold 5 TiB, and each is one that S3 takes', () => {
    let total = 0;
    for (let number = 1; number <= S3_LIMITS.maxParts; number++) {
      const bytes = S3_LIMITS.partBytes(number);
      expect(bytes).toBeGreaterThanOrEqual(S3_LIMITS.minPartBytes);
      expect(bytes).toBeLessThanOrEqual(S3_LIMITS.maxPartBytes);
      total += bytes;
    }
    expect(total).toBeGreaterThanOrEqual(5 * 2 ** 40);
  });
});
