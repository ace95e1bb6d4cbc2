/** What a run has where it runs: sizes of functions, and limits of the store. */
export interface RunPlace {
  /** MB of a function's memory. */
  readonly stepMemoryMb: number;
  readonly chooseMemoryMb: number;
  /** What of it Choose may hold of the pairs, in bytes. */
  readonly chooseBytes: number;
  /** Parts of one upload. */
  readonly maxParts: number;
  /** Bytes of a part, at least and at most. */
  readonly minPartBytes: number;
  readonly maxPartBytes: number;
  /** Bytes that one request reads, and that one writes, at most. */
  readonly readBytes: number;
  readonly writeBytes: number;
  /** Bytes of one object, at most. */
  readonly maxObjectBytes: number;
  /** Server-side copies at a time. */
  readonly copiesInFlight: number;
  /** Seconds that an execution may take, training included. */
  readonly executionSeconds: number;
}
