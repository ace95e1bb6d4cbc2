import { mostComposedBytes, S3_LIMITS } from '../adapters/s3/bucket.ts';
import { COPIES_IN_FLIGHT } from '../adapters/s3/compose.ts';
import { EXECUTION_SECONDS } from '../lib/contract/steps.ts';
import type { RunPlace } from '../lib/estimate/run-place.ts';
import { roomToChoose, STEP_MEMORY_MB } from './memory.ts';

/** What a run has on AWS, with so much memory for Choose. */
export const runPlace = (chooseMemoryMb: number): RunPlace => ({
  stepMemoryMb: STEP_MEMORY_MB,
  chooseMemoryMb,
  chooseBytes: roomToChoose(chooseMemoryMb),
  maxParts: S3_LIMITS.maxParts,
  minPartBytes: S3_LIMITS.minPartBytes,
  maxPartBytes: S3_LIMITS.maxPartBytes,
  readBytes: S3_LIMITS.rangeBytes,
  writeBytes: S3_LIMITS.partBytes(1),
  maxObjectBytes: mostComposedBytes(S3_LIMITS),
  copiesInFlight: COPIES_IN_FLIGHT,
  executionSeconds: EXECUTION_SECONDS,
});
