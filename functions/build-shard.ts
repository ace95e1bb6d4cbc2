import { BuildShardInput } from '../lib/contract/states.ts';
import { buildShard } from '../lib/stages/build-shard/build-shard.ts';
import { shardBuilt } from './observability/measures.ts';
import { observed } from './observability/observed.ts';
import { deps } from './runtime.ts';

export const handler = observed(
  'build-shard',
  async (event) => buildShard(BuildShardInput.parse(event), deps),
  shardBuilt,
);
