/**
 * All results, when all are over. A failure is thrown only then: a function that has answered could not finish what is
 * still under way.
 */
export async function settleAll<const Results extends readonly unknown[]>(underWay: Results) {
  await Promise.allSettled(underWay);
  return Promise.all(underWay);
}
