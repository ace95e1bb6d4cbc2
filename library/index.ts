/**
 * `dpo-trajectories`: what the command does, as functions over iterables and stores. {@link readCandidates},
 * {@link buildPairs}, {@link chooseDataset} and {@link writeFormat} follow one another, and need no files; {@link run} does
 * a whole run over stores.
 */
export { fileStore } from '../adapters/files/file-store.ts';
export { BuilderSettings } from '../lib/contract/builder.ts';
export { DatasetSettings, FormatName } from '../lib/contract/dataset.ts';
export { Manifest } from '../lib/contract/manifest.ts';
export { Request } from '../lib/contract/request.ts';
export { Group, Message, Prompt, Rejected, Response, Trajectory } from '../lib/contract/trajectory.ts';
export * from '../lib/errors.ts';
export { type MemoryStore, memoryStore } from '../lib/objects/memory-store.ts';
export type { ObjectStore } from '../lib/objects/store.ts';
export { buildPairs, type PairStream } from './build-pairs.ts';
export { type BuildOptions, buildTrajectories } from './build-trajectories.ts';
export type { Candidate } from './candidate.ts';
export { chooseDataset, type Dataset } from './choose-dataset.ts';
export type { Pair } from './pair.ts';
export { type CandidateStream, type ReadOptions, readCandidates } from './read-candidates.ts';
export { type RunOptions, run } from './run.ts';
export type { Settings } from './settings.ts';
export type { LossOptions } from './tally-losses.ts';
export { type DatasetLine, type LineStream, writeFormat } from './write-format.ts';
