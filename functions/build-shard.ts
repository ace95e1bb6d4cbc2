import { BuildShardInput } from '../lib/contract/states.ts';
import { buildShard } from '../lib/steps/build-shard.ts';
import { deps } from './runtime.ts';

export const handler = async (event: unknown) => buildShard(BuildShardInput.parse(event), deps);
