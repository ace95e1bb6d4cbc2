/**
 * Both results, when both are over: the failure of one is thrown when the other is no more under way, because a function
 * that has answered could not finish it.
 */
export async function both<One, Other>(one: Promise<One>, other: Promise<Other>): Promise<[One, Other]> {
  await Promise.allSettled([one, other]);
  return Promise.all([one, other]);
}
