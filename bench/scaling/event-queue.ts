/** What happens next: the soonest first, at the same time in the order of entry. */
export interface EventQueue<Event> {
  readonly size: number;
  add(at: number, event: Event): void;
  next(): { readonly at: number; readonly event: Event } | undefined;
}

interface Entry<Event> {
  readonly at: number;
  readonly number: number;
  readonly event: Event;
}

/** A binary heap. */
export function eventQueue<Event>(): EventQueue<Event> {
  const heap: Entry<Event>[] = [];
  let added = 0;
  const sooner = (a: number, b: number): boolean => {
    const [left, right] = [heap[a], heap[b]];
    if (!left || !right) return left !== undefined;
    return left.at < right.at || (left.at === right.at && left.number < right.number);
  };
  const swap = (a: number, b: number): void => {
    const [left, right] = [heap[a], heap[b]];
    if (left && right) [heap[a], heap[b]] = [right, left];
  };
  return {
    get size() {
      return heap.length;
    },
    add(at, event) {
      heap.push({ at, number: added++, event });
      for (let child = heap.length - 1; child > 0; ) {
        const parent = (child - 1) >> 1;
        if (!sooner(child, parent)) break;
        swap(child, parent);
        child = parent;
      }
    },
    next() {
      swap(0, heap.length - 1);
      const first = heap.pop();
      for (let parent = 0; ; ) {
        const [left, right] = [2 * parent + 1, 2 * parent + 2];
        const child = right < heap.length && sooner(right, left) ? right : left;
        if (child >= heap.length || !sooner(child, parent)) break;
        swap(child, parent);
        parent = child;
      }
      return first && { at: first.at, event: first.event };
    },
  };
}
