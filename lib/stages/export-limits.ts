/** What one function can do of an export by itself. */
export interface ExportLimits {
  /** Bytes of the largest collection whose datasets it writes alone; of a larger one the stretches are written. */
  readonly exportsAlone: number;
  /** What it may hold of the pairs that it chooses among, in bytes. */
  readonly memoryBytes: number;
}

/** Of a process that nothing cuts off after a time: it gains nothing from stretches. */
export const NO_LIMITS: ExportLimits = {
  exportsAlone: Number.POSITIVE_INFINITY,
  memoryBytes: Number.POSITIVE_INFINITY,
};
