import type { BuilderSettings } from '../contract/builder.ts';
import type { DatasetSettings, FormatName } from '../contract/dataset.ts';
import type { View } from '../contract/dataset-result.ts';
import { FORMATS } from './formats/index.ts';

/** What is written, and by what pairs are compared for it. */
export interface DatasetPlan {
  readonly formats: readonly { readonly name: FormatName; readonly view: View }[];
  readonly views: readonly View[];
  /** By NAT's rules: pairs are compared as they stand in the collection. */
  readonly nat: boolean;
  /** A format writes completions apart, so they are remembered too. */
  readonly unpaired: boolean;
  readonly seed: number;
}

export function planDatasets(settings: DatasetSettings, { compatibility }: BuilderSettings): DatasetPlan {
  const nat = compatibility === 'nat';
  const viewFor = (name: FormatName): View =>
    name === 'nemo_customizer' && !settings.use_full_message_history && !nat ? 'last_message' : 'whole';
  const formats = [...new Set(settings.formats)].map((name) => ({ name, view: viewFor(name) }));
  return {
    formats,
    // Without a format the facts are still reported.
    views: formats.length === 0 ? ['whole'] : [...new Set(formats.map(({ view }) => view))],
    nat,
    unpaired: formats.some(({ name }) => FORMATS[name].unpaired),
    seed: settings.seed,
  };
}
