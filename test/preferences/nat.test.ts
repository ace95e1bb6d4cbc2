import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import type { Trajectory } from '../../lib/contract/trajectory.ts';
import { runText } from '../support/run.ts';

const golden = new URL('../golden/nat/', import.meta.url);
const traces = readFileSync(new URL('workflow_output.json', golden), 'utf8');
const withoutLineage = ({ metadata: { lineage: _, ...metadata }, ...trajectory }: Trajectory) => ({
  ...trajectory,
  metadata,
});

describe.each([0, 1, 2])("NAT's own builder, case %i", (number) => {
  const expected = JSON.parse(readFileSync(new URL(`expected.${number}.json`, golden), 'utf8'));
  const builder = { ...expected.config, compatibility: 'nat' };

  test.each([1024, 40_000, 1 << 30])(
    'makes the same trajectories and counters from shards of %i bytes',
    async (shard_bytes) => {
      const run = await runText(traces, { builder, limits: { shard_bytes } });
      expect(run.groups.map(({ trajectories }) => trajectories.map(withoutLineage))).toEqual(expected.trajectories);
      expect(run.totals).toMatchObject(expected.metrics);
    },
  );
});
