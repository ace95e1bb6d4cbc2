import type { ChoiceFacts } from '../contract/choice-facts.ts';
import { allowsEmpty, type Request } from '../contract/request.ts';
import { EmptyDataset } from '../errors.ts';

/** Throws {@link EmptyDataset} with every format that has no line and why, unless the request allows an empty run. */
export function requireLines(request: Request, { formats, views }: ChoiceFacts): void {
  if (allowsEmpty(request)) return;
  const empty = Object.entries(formats).filter(([, { lines }]) => lines === 0);
  if (empty.length === 0) return;
  const described = empty.map(([name, { view, left_out }]) => {
    const { training, validation } = views[view]?.selection ?? { training: { pairs: 0 }, validation: { pairs: 0 } };
    const selected = training.pairs + validation.pairs;
    const why = Object.entries(left_out).map(([reason, count]) => `${reason} ${count}`);
    return selected === 0 ? `${name} (no pair is left for it)` : `${name} (it cannot hold ${why.join(', ')})`;
  });
  throw new EmptyDataset(
    `No line in ${described.join(', ')}, so the run is not committed. Choose a format that holds these pairs, such as trl, which holds tools and their calls: dataset.formats=trl. To commit such a run anyway, set limits.allow_empty to true.`,
  );
}
