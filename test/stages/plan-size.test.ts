import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

test('a listing of 10 TB in 100,000 objects is planned within 512 MB', () => {
  const program = fileURLToPath(new URL('../support/plan-ten-terabytes.ts', import.meta.url));
  const { stdout, stderr, status } = spawnSync(process.execPath, [program], { encoding: 'utf8' });
  expect(status, stderr).toBe(0);
  const { shards, inputs, input_bytes, peakKiB } = JSON.parse(stdout);
  expect({ shards, inputs, input_bytes }).toEqual({ shards: 200_000, inputs: 100_000, input_bytes: 1e13 });
  expect(peakKiB).toBeLessThan(512 * 1024);
});
