import type { FormatName } from '../contract/dataset.ts';
import { InvalidRequest } from '../errors.ts';
import { FORMATS } from './formats/index.ts';

/**
 * For `builder.unit: trajectory`, whose answers are lists of messages. Throws {@link InvalidRequest} with the formats that
 * hold one message of an answer, and those that hold all.
 */
export function refuseConversations(formats: readonly FormatName[]): void {
  const unable = [...new Set(formats)].filter((name) => !FORMATS[name].conversations);
  if (unable.length === 0) return;
  const able = Object.entries(FORMATS).flatMap(([name, { conversations }]) => (conversations ? [name] : []));
  throw new InvalidRequest(
    `dataset.formats has ${unable.join(', ')}, which holds one answer per side, but builder.unit "trajectory" makes pairs of whole conversations. Use ${able.join(', ')}, or set builder.unit to turn, final or divergence.`,
  );
}
