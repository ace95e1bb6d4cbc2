import type { SpooledStream } from '../adapters/files/spooled-stream.ts';
import type { TraceLocation } from '../lib/contract/source.ts';
import { InvalidRequest } from '../lib/errors.ts';

/** Where standard input is among the traces: lineage names it `stdin`. */
export const STANDARD_INPUT = { bucket: 'file:///dev/', key: 'stdin' } as const satisfies TraceLocation;

/** `-`, or what Linux calls standard input, as a path on the command line. */
export const namesStandardInput = (path: string): boolean => path === '-' || path === '/dev/stdin';

const isStandardInput = (location: TraceLocation): boolean =>
  location.bucket === STANDARD_INPUT.bucket && 'key' in location && location.key === STANDARD_INPUT.key;

/** Standard input in a file, where the traces name it. Throws {@link InvalidRequest} where nobody is sending any. */
export async function spoolStandardInput(locations: readonly TraceLocation[]): Promise<SpooledStream | undefined> {
  if (!locations.some(isStandardInput)) return undefined;
  if (process.stdin.isTTY) {
    throw new InvalidRequest(
      '"-" reads standard input, but no program writes to it. Write it as zcat traces.gz | dpo run -.',
    );
  }
  const { spoolStream } = await import('../adapters/files/spooled-stream.ts');
  return spoolStream(process.stdin, STANDARD_INPUT.key);
}

/** For commands that read nothing but files. Throws {@link InvalidRequest}. */
export function refuseStandardInput(locations: readonly TraceLocation[]): void {
  if (!locations.some(isStandardInput)) return;
  throw new InvalidRequest('Only dpo run and dpo inspect read standard input ("-"). Name a file here.');
}
