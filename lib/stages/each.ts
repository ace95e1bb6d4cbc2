/**
 * Runs `work` on all of them, at most `atOnce` at a time; results in order. After a failure nothing new begins, and the
 * failure is thrown when nothing is under way any more: a function that answered could not finish it.
 */
export async function each<In, Out>(
  all: readonly In[],
  atOnce: number,
  work: (one: In, position: number) => Promise<Out>,
): Promise<Out[]> {
  const results: Out[] = new Array<Out>(all.length);
  const queue = all.entries();
  const failures: unknown[] = [];
  const worker = async (): Promise<void> => {
    for (const [position, one] of queue) {
      if (failures.length > 0) return;
      try {
        results[position] = await work(one, position);
      } catch (failure) {
        failures.push(failure);
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(atOnce, all.length) }, worker));
  if (failures.length > 0) throw failures[0];
  return results;
}

/** The same one after the other, as results come in order: at most `atOnce` are under way ahead of the one asked for. */
export async function* ahead<In, Out>(
  all: Iterable<In>,
  atOnce: number,
  work: (one: In) => Promise<Out>,
): AsyncGenerator<readonly [In, Out]> {
  const underWay: { readonly one: In; readonly result: Promise<Out> }[] = [];
  for (const one of all) {
    const result = work(one);
    // A failure is thrown when its turn comes; until then nobody else looks at it.
    result.catch(() => {});
    underWay.push({ one, result });
    const first = underWay.length > atOnce ? underWay.shift() : undefined;
    if (first) yield [first.one, await first.result];
  }
  for (const { one, result } of underWay) yield [one, await result];
}
