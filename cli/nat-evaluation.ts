import { basename, dirname, resolve, sep } from 'node:path';
import { pathToFileURL } from 'node:url';
import { NatKeys } from '../lib/contract/nat-keys.ts';
import { WorkflowSource } from '../lib/contract/workflow.ts';
import { InvalidRequest } from '../lib/errors.ts';
import { natBoolean } from './nat-boolean.ts';
import { readAsNat } from './nat-scalars.ts';
import { isSettings, type Settings } from './settings.ts';

/** What the run reads, as far as it is known without NAT's configuration. */
export type NatSource = { readonly kind: 'traces' } | { readonly kind: 'workflow'; readonly hasDataset: boolean };

interface Evaluation {
  readonly settings: Settings;
  readonly notes: readonly string[];
  /** There is an `eval` block. */
  readonly found: boolean;
}

/**
 * Of the `eval` block the names of the keys: of the traces that NAT wrote by them, or of the dataset that a live workflow is
 * asked, with the dataset itself where the request names none.
 */
export function settingsFromEvaluation(block: unknown, file: string, source: NatSource): Evaluation {
  if (block === undefined || block === null) return { settings: {}, notes: [], found: false };
  const general = memberOf(memberOf({ eval: block }, 'eval', file), 'general', file);
  const dataset = memberOf(general, 'dataset', file);
  const structure = memberOf(dataset, 'structure', file);
  const output = memberOf(general, 'output', file);
  const keys = renamedKeys({ ...structure, id_key: dataset.id_key }, file);
  const notes = [
    ...(natBoolean(structure.disable) ? [NO_STEPS] : []),
    ...notesOnFilter(output.workflow_output_step_filter, source),
    ...notesOnDataset(dataset, source),
  ];
  const settings =
    source.kind === 'traces'
      ? Object.keys(keys).length > 0
        ? { source: { nat_keys: keys } }
        : {}
      : { source: { workflow: workflowSettings({ keys, general, dataset }, source) } };
  return { settings, notes, found: true };
}

const NO_STEPS =
  'eval.general.dataset.structure.disable is true: NAT writes outputs without steps, which hold no candidates.';

const KEYS: readonly string[] = Object.keys(NatKeys.shape);

/** Those that differ from NAT's defaults. */
function renamedKeys(found: Settings, file: string): Record<string, string> {
  const renamed: Record<string, string> = {};
  for (const name of KEYS) {
    const key = found[name];
    if (key === undefined) continue;
    if (typeof key !== 'string' || key === '') {
      throw new InvalidRequest(`eval.general.dataset of ${file}: ${name} must be the name of a key.`);
    }
    if (key !== DEFAULTS[name]) renamed[name] = key;
  }
  return renamed;
}

const DEFAULTS: Readonly<Record<string, string>> = NatKeys.parse({});

interface Asked {
  readonly keys: Readonly<Record<string, string>>;
  readonly general: Settings;
  readonly dataset: Settings;
}

function workflowSettings(
  { keys, general, dataset }: Asked,
  source: Extract<NatSource, { kind: 'workflow' }>,
): Settings {
  const asked = Object.entries(keys).filter(([name]) => Object.hasOwn(WorkflowSource.shape, name));
  const concurrency = readAsNat(general.max_concurrency, WorkflowSource.shape.max_concurrency).value;
  return {
    ...Object.fromEntries(asked),
    ...(typeof concurrency === 'number' && { max_concurrency: concurrency }),
    ...(!source.hasDataset && typeof dataset.file_path === 'string' && { dataset: fileOf(dataset.file_path) }),
  };
}

/** NAT takes a path from its working directory. */
const fileOf = (path: string) => ({
  bucket: pathToFileURL(dirname(resolve(path)) + sep).href,
  key: basename(path),
});

function notesOnFilter(filter: unknown, { kind }: NatSource): string[] {
  if (!Array.isArray(filter)) return [];
  const place = 'eval.general.output.workflow_output_step_filter';
  if (kind === 'workflow') return [`${place} is not used: source.workflow.filter_steps says which steps are sent.`];
  return filter.length === 0 || filter.includes('TTC_END')
    ? []
    : [`${place} has no TTC_END: NAT leaves the candidates out of workflow_output.json. Add it, and evaluate again.`];
}

/** Fields that choose the rows: NAT has applied them to traces that are there. */
function notesOnDataset({ filter, s3, remote_file_path }: Settings, { kind }: NatSource): string[] {
  if (kind === 'traces') return [];
  const lists = isSettings(filter) ? [filter.allowlist, filter.denylist] : [];
  const unused = [
    ...(lists.some((each) => isSettings(each)) ? ['filter'] : []),
    ...(isSettings(s3) ? ['s3'] : []),
    ...(typeof remote_file_path === 'string' ? ['remote_file_path'] : []),
  ];
  return unused.map(
    (name) => `eval.general.dataset.${name} is not used: all rows of source.workflow.dataset are asked.`,
  );
}

function memberOf(parent: Settings, name: string, file: string): Settings {
  const found = parent[name] ?? {};
  if (!isSettings(found)) throw new InvalidRequest(`${name} in eval of ${file} must be settings.`);
  return found;
}
