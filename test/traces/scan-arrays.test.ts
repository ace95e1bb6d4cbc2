import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createArraySplitter, SplitterState } from '../../lib/traces/scan/array-splitter.ts';
import { mutate, natItems, splitAt, splitSimply } from './scan-reference.ts';

describe('the array splitter', () => {
  it('finds the elements of compact and of indented arrays', () => {
    const items = natItems();
    const compact = Buffer.from(`[${items.join(',')}]`);
    const indented = Buffer.from(`\n[\n  ${items.join(',\n  ')}\n]\n`);
    for (const array of [compact, indented]) {
      const { spans, state } = splitAt(array, []);
      expect(spans.map(([start, end]) => array.subarray(start, end))).toEqual(items);
      expect(state).toMatchObject({ phase: 'after_array', newline_in_string: null });
    }
  });

  it('finds the same elements wherever the chunks are cut', () => {
    const [compact = '', indented = ''] = natItems();
    const array = Buffer.from(`[ "a\\\\\\"]é", ${compact} ,${indented}, [], [{"x":"\\u005d"}],12 , null]\n`);
    const whole = splitAt(array, []);
    expect(whole.spans).toEqual(splitSimply(array).spans);
    for (let cut = 0; cut <= array.length; cut += 1) expect(splitAt(array, [cut])).toEqual(whole);
    const everyByte = Array.from(array, (_, at) => at);
    expect(splitAt(array, everyByte)).toEqual(whole);
  });

  it('agrees with a splitter that reads one character at a time, on mutated arrays and any chunks', () => {
    const [compact = Buffer.alloc(0), indented = Buffer.alloc(0)] = natItems();
    const arrays = [
      Buffer.from(`[${compact},\n${indented}]`),
      Buffer.from('[ 1, "a,\\"b", [{"c":["]"]}], {} ,null , -2.5e3 ]'),
      Buffer.from('[]'),
      Buffer.from('\n [ ] '),
    ];
    const cuts = fc.array(fc.nat(3000), { maxLength: 5 }).map((places) => places.sort((a, b) => a - b));
    fc.assert(
      fc.property(fc.nat(3), fc.infiniteStream(fc.nat()), cuts, (which, choices, places) => {
        const random = (below: number) => choices.next().value % below;
        const array = mutate(arrays[which] ?? Buffer.alloc(0), random);
        const { spans, state } = splitAt(array, places);
        expect({ phase: state.phase, spans }).toEqual(splitSimply(array));
        expect(state).toEqual(splitAt(array, []).state);
      }),
      { numRuns: 1500 },
    );
  });

  it('goes on from a state that was written down', () => {
    const array = Buffer.from(`[${natItems().join(', ')}]`);
    const whole = splitAt(array, []);
    for (let cut = 0; cut < array.length; cut += 997) {
      const spans: [number, number][] = [];
      const found = (start: number, end: number) => spans.push([start, end]);
      const first = createArraySplitter();
      first.push(array.subarray(0, cut), found);
      const second = createArraySplitter(SplitterState.parse(JSON.parse(JSON.stringify(first.state()))));
      second.push(array.subarray(cut), found);
      expect({ spans, state: second.state() }).toEqual(whole);
    }
  });

  it('counts past 4 GiB', () => {
    const far = { ...splitAt(Buffer.from('['), []).state, offset: 5e12 };
    const spans: number[] = [];
    createArraySplitter(far).push(Buffer.from(' {},{}'), (start, end) => spans.push(start, end));
    expect(spans).toEqual([5e12 + 1, 5e12 + 3]);
  });

  it('reports many elements of one chunk, and chunks larger than its memory', () => {
    const array = Buffer.from(JSON.stringify(Array.from({ length: 300_000 }, (_, n) => n % 10)));
    const { spans } = splitAt(array, []);
    expect(spans).toHaveLength(300_000);
    expect(spans.every(([start, end], n) => start === 1 + 2 * n && end === start + 1)).toBe(true);
  });

  it('says what is wrong with an array, and where', () => {
    const stateAfter = (text: string) => splitAt(Buffer.from(text), []).state;
    expect(stateAfter(' {"a":1}')).toMatchObject({ phase: 'not_array', end: 1 });
    expect(stateAfter('\ufeff[1]')).toMatchObject({ phase: 'not_array', end: 0 });
    expect(stateAfter('[1]x')).toMatchObject({ phase: 'trailing', end: 3 });
    expect(stateAfter('[1}')).toMatchObject({ phase: 'unopened', end: 2 });
    expect(stateAfter('[{"a":"b\nc"}]')).toMatchObject({ phase: 'after_array', newline_in_string: 8 });
    expect(stateAfter('[{"a":"b')).toMatchObject({ phase: 'in_array', in_string: true, nesting: 1, start: 1 });
    expect(stateAfter('')).toMatchObject({ phase: 'before_array', offset: 0 });
  });

  it('makes an empty element of nothing between commas, and none of an empty array', () => {
    const spansOf = (text: string) => splitAt(Buffer.from(text), []).spans;
    expect(spansOf('[1,,2]')).toEqual([
      [1, 2],
      [3, 3],
      [4, 5],
    ]);
    expect(spansOf('[1, ]')).toEqual([
      [1, 2],
      [4, 4],
    ]);
    expect(spansOf('[ ]')).toEqual([]);
  });
});
