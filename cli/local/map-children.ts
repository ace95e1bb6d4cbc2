/**
 * A map of the state machine on this machine: works on every item, begun in their order, so many at once. After the first
 * failure none begins; it is thrown when those under way have ended.
 */
export async function mapChildren<Item, Result>(
  items: readonly Item[],
  atOnce: number,
  work: (item: Item) => Promise<Result>,
): Promise<readonly Result[]> {
  const results: Result[] = [];
  let failure: { readonly error: unknown } | undefined;
  const queue = items.entries();
  const child = async (): Promise<void> => {
    for (const [position, item] of queue) {
      if (failure) return;
      try {
        results[position] = await work(item);
      } catch (error) {
        failure ??= { error };
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(atOnce, items.length) }, child));
  if (failure) throw failure.error;
  return results;
}
