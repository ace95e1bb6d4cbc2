import type { ChoiceFacts } from '../../contract/choice-facts.ts';
import type { CommittedFile, Manifest } from '../../contract/manifest.ts';
import type { Request } from '../../contract/request.ts';
import type { Unit } from '../../contract/unit.ts';
import { sumTokens } from '../../datasets/token-facts.ts';
import { runKeys } from '../../objects/keys.ts';
import { renderReport } from '../../report/render.ts';
import { showsText } from '../../report/shows-text.ts';
import type { Deps } from '../deps.ts';
import type { BuiltRun } from '../summaries.ts';
import { readLosses } from './read-losses.ts';
import { readSample } from './read-sample.ts';
import { writeOnce } from './write-once.ts';

/** Writes `report.html`: what the manifest holds, as a page to look at. Written once, because of the shards' times. */
export async function writeReport(
  request: Request,
  { built, all }: BuiltRun,
  { manifest, facts, unit }: Written,
  deps: Deps,
): Promise<CommittedFile> {
  const sample = await readSample(request, built, facts, deps);
  const { run_id, code_version, inputs, totals, formats, selections, datasets, warnings } = manifest;
  const page = renderReport({
    run_id,
    code_version,
    request,
    inputs,
    totals,
    started_at: all[0]?.summary.started_at ?? null,
    shards: all.map(({ summary: { ordinal, seconds, counters } }) => ({
      ordinal,
      seconds,
      items: counters.total_items,
      pairs: counters.total_pairs,
      bytes: counters.bytes,
    })),
    formats,
    selections,
    datasets,
    tokens: sumTokens(built.map(({ summary }) => summary.tokens)) ?? null,
    unit: unit ?? request.builder.unit ?? null,
    losses: await readLosses(manifest.rejected, showsText(request), deps),
    warnings,
    files: filesOf(manifest),
    sample,
  });
  return writeOnce(runKeys(run_id).report, [page], deps);
}

interface Written {
  readonly manifest: Omit<Manifest, 'report'>;
  /** Undefined where nothing was chosen. */
  readonly facts: ChoiceFacts | undefined;
  /** What the source's pairs are made of; undefined of NAT's traces. */
  readonly unit: Unit | undefined;
}

function filesOf({ run_id, collection, rejected, metrics, datasets }: Omit<Manifest, 'report'>) {
  const folder = runKeys(run_id).root;
  const listed: (CommittedFile & { lines?: number })[] = [
    { ...collection, lines: collection.groups },
    rejected,
    metrics,
    ...Object.values(datasets).flatMap((files) => Object.values(files)),
  ];
  return listed.map(({ key, bytes, lines }) => ({ path: key.slice(folder.length), bytes, lines: lines ?? null }));
}
