import { LeftOutReason } from '../../contract/dataset-result.ts';
import type { Message } from '../../contract/trajectory.ts';

/** The field that a format has no place for, as a reason: by name where messages often have it. */
export function namedField(message: Message, held: readonly string[]): LeftOutReason {
  const field = Object.keys(message).find((key) => !held.includes(key));
  return LeftOutReason.safeParse(`field_${field}`).data ?? 'message_fields';
}
