import { memoryStore } from '../../lib/objects/memory-store.ts';
import { storeContract } from '../adapters/store-contract.ts';

storeContract('the store in memory', async () => ({
  store: memoryStore('memory', 4_096),
  partBytes: 4_096,
  close: async () => {},
}));
