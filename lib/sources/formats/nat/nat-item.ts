import { isObject, type JsonObject } from '../../json/exact-json.ts';
import { kindOf } from '../../json/kind-of.ts';
import type { ReadItem } from '../../record.ts';
import { readScoredAnswer } from '../../scored-answer.ts';
import { sortCandidates, type TraceItem } from '../../trace-item.ts';
import { traceItemReader } from './fast-item.ts';
import type { NatNames } from './nat-names.ts';
import type { NatItem } from './trace-item.ts';

/** NAT's trace items: the candidates are the TTC_END steps that have this name. */
export function natItemReader(names: NatNames): ReadItem<TraceItem> {
  const read = traceItemReader(names);
  return (bytes) => {
    const found = read(bytes);
    return 'item' in found ? { item: asTraceItem(found.item) } : found;
  };
}

export const asTraceItem = ({ id, payloads, describe }: NatItem): TraceItem => ({
  id,
  describe,
  unusedKeys: [],
  read: (compatibility) => sortCandidates(payloads.map((payload) => readStep(payload, compatibility))),
});

/** Reads a candidate step's payload. */
function readStep(payload: JsonObject, compatibility: Parameters<TraceItem['read']>[0]) {
  const { data, UUID: uuid, metadata } = payload;
  if (!isObject(data)) {
    const detail = `data is ${kindOf(data)}, not an object`;
    return { rejected: { reason: 'missing_data', detail, turnId: null, uuid: typeof uuid === 'string' ? uuid : null } };
  }
  const { turn_id: turnId, turn_index: turnIndex, candidate_index: index, score, input, output } = data;
  const answer = { turnId, turnIndex, index, score, prompt: input, response: output, metadata, uuid };
  return readScoredAnswer(answer, compatibility, { prompt: 'input', response: 'output' });
}
