import * as z from 'zod';
import { PipelineError } from '../errors.ts';
import { HttpFailed } from './http.ts';

/**
 * What logs, causes and `failure.json` say of an error: settings, counts, offsets and the keys of objects; no row, no key
 * and no id of the input. Anyone else's error may quote what it was given (`JSON.parse` does), and that may be a prompt, a
 * response or a secret: of such an error the name is all that is said.
 */
export function messageInLogs(thrown: unknown): string {
  if (thrown instanceof PipelineError) return thrown.inLogs;
  if (thrown instanceof HttpFailed) return thrown.message;
  if (thrown instanceof z.ZodError) return `${thrown.issues.map(issueInLogs).join('; ')}.`;
  const name = thrown instanceof Error ? thrown.name : 'Error';
  return `an unexpected ${name}: a defect, please report it. Its own message is withheld, because it may quote a trace; the stack says where it came from`;
}

/** Its own message names keys that are not known, and those may be the input's. */
const issueInLogs = ({ code, path }: z.core.$ZodIssue): string =>
  `${code} at ${path.length === 0 ? 'the top' : path.map(String).join('.')}`;
