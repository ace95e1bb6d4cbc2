/** `dpo-trajectories`: preference pairs from trace items in memory, without a store or a state machine. */
export { BuilderSettings } from './contract/builder.ts';
export { Manifest } from './contract/manifest.ts';
export { Request } from './contract/request.ts';
export { Group, Message, Prompt, Rejected, Response, Trajectory } from './contract/trajectory.ts';
export * from './errors.ts';
export { type BuildOptions, buildTrajectories } from './library/build-trajectories.ts';
