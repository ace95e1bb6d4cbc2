/**
 * What AWS allows and how fast it is taken to be: us-east-1, default quotas, looked up in November 2026 in AWS's own pages
 * where nothing else is said. What is marked "not verified" is from others' measurements or is a guess on the slow side:
 * measure it in your account before you rely on it.
 */
export interface AwsLimits {
  /** Child executions of one map that run at once (hard). */
  readonly mapConcurrency: number;
  /** Standard child executions that a map starts a second. Not verified. */
  readonly mapStartsPerSecond: number;
  /** Functions of the account that run at once (a quota that AWS raises on request; new accounts begin lower). */
  readonly lambdaConcurrency: number;
  /** New sandboxes that one function gets: so many at once, and so many a second after that. */
  readonly lambdaBurst: number;
  readonly lambdaScalingPerSecond: number;
  /** Seconds a function may run. */
  readonly lambdaSeconds: number;
  /** Requests a second to one prefix before S3 answers 503; S3 divides a prefix that stays busy, which is not counted on. */
  readonly s3GetsPerSecond: number;
  readonly s3PutsPerSecond: number;
}

export const AWS: AwsLimits = {
  mapConcurrency: 10_000,
  mapStartsPerSecond: 100,
  lambdaConcurrency: 1_000,
  lambdaBurst: 1_000,
  lambdaScalingPerSecond: 100,
  lambdaSeconds: 900,
  s3GetsPerSecond: 5_500,
  s3PutsPerSecond: 3_500,
};

/** Bytes of the plan that a map's ItemReader takes. Not verified. */
export const MAP_PLAN_BYTES = 10 * 2 ** 30;

/** Not verified, all of it. */
export const SPEED = {
  /** A vCPU of Lambda's (arm64) takes so many times as long as the machine that measured. */
  lambdaSlowdown: 1.5,
  /** Bytes a second between a function and S3, in both directions together: 600 Mbit/s, as others measured. */
  networkBytesPerSecond: 75e6,
  /** Until a function that has no sandbox begins: Lambda's part, and loading the code (`docs/performance.md`). */
  coldStartSeconds: 0.6,
  /** What Step Functions takes between two states. */
  transitionSeconds: 0.15,
  /** Until the first byte of a GET, of a page of a listing. */
  getSeconds: 0.03,
  /** Until a PUT of some hundred KB is answered. */
  putSeconds: 0.05,
  listSeconds: 0.15,
  /** Of a server-side copy: until it begins, and then its bytes a second. Others measured 57 MB/s. */
  copySeconds: 0.1,
  copyBytesPerSecond: 50e6,
  /** A slow shard (S3 retried, a poor host): how often, and how many times as long. */
  slowShare: 0.01,
  slowFactor: 3,
} as const;

export type Speed = { readonly [What in keyof typeof SPEED]: number };

/** What the stack gives its functions (`infra/pipeline.ts`), in MB; Finalize has the job's. */
export const MEMORY_MB = { evaluate: 1769, buildShard: 1769, exportStretch: 1769 } as const;
