import { randomInt } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Trajectory } from '../../../lib/contract/trajectory.ts';
import type { Expected } from '../../sources/formats/expected.ts';
import { expectPairs } from '../../sources/run-pairs.ts';
import { openLibrary } from './python-library.ts';
import { runProduct } from './run-product.ts';

/** A library that writes files of a source, and what is read of them. */
export interface Peer {
  /** As pip takes it, with its version. */
  readonly library: string;
  readonly writer: string;
  readonly counter: string;
  /** Every name of a score that the writer gives. */
  readonly scores: readonly string[];
  /** What is read and counted, of the folder that the writer wrote to; each is a run of its own. */
  readonly find: (folder: string) => readonly string[];
  /** Settings that its files need. */
  readonly settings?: readonly string[];
  /** The counter's name of the record at the lineage's place, where candidates have no ids. */
  readonly nameOf?: (path: string) => (trajectory: Trajectory) => string;
}

/** The seed of what the libraries write. `PEERS_SEED` writes it again. */
const SEED = process.env.PEERS_SEED ?? String(randomInt(2 ** 31));
const INSTALLING_MS = 600_000;
const UNITS = ['final', 'trajectory'] as const;

/** The product's pairs are those that the library's own reader counts, for every score and unit. */
export function describePeer(name: string, peer: Peer): void {
  describe(`${name}, seed ${SEED}`, () => {
    const folder = mkdtempSync(join(tmpdir(), 'dpo-peer-'));
    const counts = new Map<string, Expected>();

    beforeAll(async () => {
      console.log(`${name}: PEERS_SEED=${SEED}`);
      const { run } = await openLibrary(peer.library);
      const written = join(folder, 'written');
      await run(peer.writer, SEED, written);
      for (const path of peer.find(written)) counts.set(path, JSON.parse(await run(peer.counter, path)));
    }, INSTALLING_MS);

    afterAll(() => rmSync(folder, { recursive: true }));

    test('the files hold every score, and pairs of it', () => {
      for (const { views } of counts.values()) expect(Object.keys(views).toSorted()).toEqual(peer.scores.toSorted());
      const pairs = [...counts.values()].flatMap(({ views }) =>
        Object.values(views).flatMap(({ final }) => final.pairs),
      );
      expect(pairs.length).toBeGreaterThan(10);
    });

    for (const score of peer.scores) {
      test.each(UNITS)(`the pairs by ${score} are those that the library's own reader gives, unit %s`, async (unit) => {
        for (const [path, expected] of counts) {
          const groups = await runProduct(path, [
            `source.score=${score}`,
            `builder.unit=${unit}`,
            ...(peer.settings ?? []),
          ]);
          expectPairs(groups, expected, { score, unit }, peer.nameOf?.(path));
        }
      });
    }
  });
}
