import type { Slice } from '../../contract/plan.ts';
import { addStretches, EMPTY_STRETCH, type Stretch, sumStretches } from '../../estimate/sample.ts';
import type { Deps } from '../deps.ts';
import { storedUpTo, type TextPlace } from './stored-up-to.ts';

/** What a run makes of some records. */
export type Made = Pick<Stretch, 'candidates' | 'turns' | 'examples' | 'pairs' | 'collectionBytes'>;

export type SliceGauge = ReturnType<typeof gaugeSlices>;

export interface GaugedSlices {
  readonly stretches: readonly Stretch[];
  /** They were read to their ends. */
  readonly ended: boolean;
}

/**
 * Measures how far slices that are read together were read, and what the run makes of them on the way. `most`: bytes of
 * text.
 */
export function gaugeSlices(slices: readonly Slice[], most: number, deps: Deps) {
  const [only, ...others] = slices;
  const one = others.length === 0 ? only : undefined;
  const begins = one?.start ?? 0;
  const stretches: Stretch[] = [];
  let open = EMPTY_STRETCH;
  let [at, from, text] = [begins, begins, 0];
  let stopped: TextPlace | undefined;
  const closeStretch = (): void => {
    if (at > from) stretches.push({ ...open, textBytes: at - from });
    open = EMPTY_STRETCH;
    from = at;
  };
  return {
    /** Passes the records on until they have so many bytes of text as was asked for. */
    async *watch<Span extends { readonly bytes: number }>(
      spans: AsyncIterable<Span>,
      placeOf: (span: Span) => Omit<TextPlace, 'text'>,
    ): AsyncGenerator<Span> {
      for await (const span of spans) {
        const place = placeOf(span);
        // Where records have an offset, what lies between them counts; in tables and archives their bytes do.
        at = Math.max(at, place.offset);
        if (at - from >= most / FINEST) closeStretch();
        if (text >= most) {
          stopped = { ...place, text: at - begins };
          return;
        }
        open = { ...open, records: open.records + 1 };
        yield span;
        at += span.bytes;
        text += span.bytes;
      }
    },
    /** Counts what the record that was passed on last makes. */
    add(made: Made): void {
      open = addStretches(open, { ...EMPTY_STRETCH, ...made });
    },
    async close(): Promise<GaugedSlices> {
      closeStretch();
      const ended = stopped === undefined;
      const read = sumStretches(stretches).textBytes;
      const all = slices.reduce((sum, { start, end }) => sum + end - start, 0);
      const stored = one ? await storedUpTo(one, stopped, deps) : (stopped?.text ?? all);
      if (read === 0) return { stretches: ended ? [{ ...EMPTY_STRETCH, bytes: stored }] : [], ended };
      return { stretches: stretches.map((one) => ({ ...one, bytes: (one.textBytes * stored) / read })), ended };
    },
  };
}

/** Stretches of what is asked for, at most: they are joined to fewer afterwards. */
const FINEST = 32;
