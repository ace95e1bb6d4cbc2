import { spawnSync } from 'node:child_process';
import { cpus } from 'node:os';
import { root, rounded } from '../measure.ts';
import type { Figures } from './figures.ts';
import { measureAlone, measureStretches } from './measure-export.ts';
import { measureFinalize } from './measure-finalize.ts';
import { measureChoosing, measureMemory } from './measure-memory.ts';
import { measureScan, measureShards } from './measure-shards.ts';

/** One after the other: they share the machine. */
export async function measureMachine(): Promise<Figures> {
  const memory = measureMemory();
  const choose = measureChoosing();
  const shards = await measureShards();
  const scanBytesPerSecond = await measureScan();
  const { shardSeconds, partSeconds } = await measureFinalize();
  const { nemo_customizer, trl } = await measureAlone();
  const stretch = await measureStretches();
  const commit = spawnSync('git', ['rev-parse', '--short', 'HEAD'], { cwd: root, encoding: 'utf8' }).stdout.trim();
  return {
    commit,
    node: process.version,
    cpu: `${cpus()[0]?.model ?? 'unknown'}, ${cpus().length} cores`,
    shard: { ...shards.shard, seconds: shards.shard.seconds.map(rounded) },
    smallestShardSeconds: rounded(shards.smallestShardSeconds),
    planBytes: rounded(shards.planBytes),
    scanBytesPerSecond: rounded(scanBytesPerSecond),
    finalize: {
      shardSeconds: rounded(shardSeconds),
      partSeconds: rounded(partSeconds),
      shardMemoryBytes: rounded(memory.shards.each),
      baseMemoryBytes: rounded(memory.shards.none),
    },
    alone: {
      bytesPerSecond: { nemo_customizer: rounded(nemo_customizer), trl: rounded(trl) },
      pairMemoryBytes: rounded(memory.pairs.each),
    },
    stretch: {
      ...stretch,
      recordBytes: rounded(stretch.recordBytes),
      record: stretch.record.map(rounded),
      write: {
        nemo_customizer: roundedStretches(stretch.write.nemo_customizer),
        trl: roundedStretches(stretch.write.trl),
      },
    },
    choose,
  };
}

const roundedStretches = ({ seconds, bytes }: Figures['stretch']['write']['trl']) => ({
  seconds: seconds.map(rounded),
  bytes,
});
