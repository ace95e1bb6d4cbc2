export { memoryStore } from '../../lib/objects/memory-store.ts';
