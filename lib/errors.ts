/**
 * The failures a run can end in. An error's `name` is API: the state machine's Retry and Catch match it,
 * and it is what a failed execution shows. The message names the value found and the way out.
 */
export abstract class PipelineError extends Error {
  // Written out in each class: a minifier would change the class's own name.
  abstract override readonly name: string;
  // Private, because Lambda logs every property that an error shows.
  readonly #inLogs: string | undefined;

  constructor(message: string, { inLogs, ...options }: PipelineErrorOptions = {}) {
    super(message, options);
    this.#inLogs = inLogs;
  }

  /** The message for logs, causes and `failure.json`. The message itself is for the terminal of the person who runs it. */
  get inLogs(): string {
    return this.#inLogs ?? this.message;
  }
}

export interface PipelineErrorOptions extends ErrorOptions {
  /**
   * Where the message quotes the input (a row, a key of a record, an id), or the words of a service that got some of it:
   * the same without them.
   */
  readonly inLogs?: string;
}

/** The request cannot be run as written: an unknown key, a wrong value, a missing source. */
export class InvalidRequest extends PipelineError {
  override readonly name = 'InvalidRequest';
}

/** The run id is taken by another request, or by the same request over other bytes. */
export class RunConflict extends PipelineError {
  override readonly name = 'RunConflict';
}

/** The run could cost more than the stack's ceilings allow. */
export class CeilingExceeded extends PipelineError {
  override readonly name = 'CeilingExceeded';
}

/** The source names no trace object. */
export class NoTraces extends PipelineError {
  override readonly name = 'NoTraces';
}

/** Traces were read, but no step in them is a candidate. */
export class NoCandidates extends PipelineError {
  override readonly name = 'NoCandidates';
}

/** More than `limits.max_rejected_fraction` of the trace items could not be read. */
export class TooManyRejected extends PipelineError {
  override readonly name = 'TooManyRejected';
}

/** A trace object was not read to its end: it was cut short, or is damaged from there on. */
export class IncompleteInput extends PipelineError {
  override readonly name = 'IncompleteInput';
}

/** An array was cut at the lines that begin its elements, but an element has such a line inside. */
export class ArrayNotIndented extends PipelineError {
  override readonly name = 'ArrayNotIndented';
}

/** A trace object is not what was pinned when the run was planned. */
export class InputChanged extends PipelineError {
  override readonly name = 'InputChanged';
}

/** A shard of the plan has no summary: its work is missing, so nothing may be committed. */
export class ShardMissing extends PipelineError {
  override readonly name = 'ShardMissing';
}

/** The store has no object under this key. */
export class ObjectNotFound extends PipelineError {
  override readonly name = 'ObjectNotFound';
}

/** The store refused: credentials, permissions, or a bucket that is not there. */
export class StoreRefused extends PipelineError {
  override readonly name = 'StoreRefused';
}

/** The store could not be reached or kept failing after its retries; running the step again may help. */
export class StoreUnavailable extends PipelineError {
  override readonly name = 'StoreUnavailable';
}

/** What was written is not what was meant: a length or a checksum differs. */
export class CorruptObject extends PipelineError {
  override readonly name = 'CorruptObject';
}

/** An example or a prompt would stand in training and in validation: a defect of the export, so nothing is committed. */
export class LeakingDataset extends PipelineError {
  override readonly name = 'LeakingDataset';
}

/** There are more pairs than the function that chooses among them can hold digests of. */
export class DatasetTooLarge extends PipelineError {
  override readonly name = 'DatasetTooLarge';
}

/** The dataset misses a threshold of `dataset.gate`. */
export class GateMissed extends PipelineError {
  override readonly name = 'GateMissed';
}

/** A format of `dataset.formats` has no line. */
export class EmptyDataset extends PipelineError {
  override readonly name = 'EmptyDataset';
}

/** The source is more than one task may hold, or can read in its time. */
export class SourceTooLarge extends PipelineError {
  override readonly name = 'SourceTooLarge';
}

/** Traces were read, but no two candidates made a preference pair. */
export class NoPairs extends PipelineError {
  override readonly name = 'NoPairs';
}

/** In `nat`, items whose ids repeat are more than a function can hold. */
export class RepeatedIdsTooLarge extends PipelineError {
  override readonly name = 'RepeatedIdsTooLarge';
}

/** On this machine: a worker thread ended in the middle of a task, and again when that was tried once more. */
export class WorkerDied extends PipelineError {
  override readonly name = 'WorkerDied';
}
