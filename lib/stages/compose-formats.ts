import type { DatasetFile } from '../contract/dataset-result.ts';
import type { WrittenStretch } from '../contract/stretch.ts';
import type { ExportPlan } from '../datasets/export-plan.ts';
import { byPlace, sumLeftOut } from '../datasets/format-writer.ts';
import type { Written } from '../datasets/write-pairs.ts';
import { runKeys } from '../objects/keys.ts';
import { composeParts, type Part } from './compose-parts.ts';
import type { Deps } from './deps.ts';
import { each } from './each.ts';

/** Each format's files, composed of what the stretches wrote of them. */
export const composeFormats = (
  runId: string,
  { formats }: ExportPlan,
  written: readonly WrittenStretch[],
  deps: Deps,
): Promise<Written[]> =>
  each(formats, 1, async ({ name, view }, place) => {
    const files = new Map<string, { readonly file: DatasetFile; readonly parts: Part[] }>();
    for (const { ordinal, formats: results } of written) {
      const result = results[place]?.result;
      for (const file of result?.files ?? []) {
        const whole = files.get(file.file) ?? { file: { ...file, bytes: 0, lines: 0 }, parts: [] };
        const key = runKeys(runId).export.stretch(ordinal).part(name, file.file);
        whole.parts.push({ key, bytes: file.bytes, crc32: file.crc32 });
        files.set(file.file, { ...whole, file: { ...whole.file, lines: whole.file.lines + file.lines } });
      }
    }
    const composed: DatasetFile[] = [];
    for (const { file, parts } of [...files.values()].sort((a, b) => byPlace(a.file, b.file))) {
      const key = runKeys(runId).dataset(name, file.file);
      composed.push({ ...file, ...(await composeParts(key, parts, deps)) });
    }
    const left_out = sumLeftOut(written.map(({ formats: results }) => results[place]?.result.left_out ?? {}));
    return { name, result: { view, files: composed, left_out } };
  });
