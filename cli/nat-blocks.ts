import type * as z from 'zod';
import { BuilderSettings } from '../lib/contract/builder.ts';
import { DatasetSettings } from '../lib/contract/dataset.ts';
import { nearest } from '../lib/contract/nearest.ts';
import { NemoCustomizer } from '../lib/contract/training.ts';
import { WorkflowSource } from '../lib/contract/workflow.ts';
import { InvalidRequest } from '../lib/errors.ts';
import type { NatSource } from './nat-evaluation.ts';
import { readAsNat, takesNull } from './nat-scalars.ts';
import { isSettings, type Settings } from './settings.ts';

export type Entry = readonly [name: string, fields: Settings];

/** A block of NAT's configuration: entries by name, each of a type. */
export interface Block {
  readonly name: string;
  readonly type: string;
  /** The `finetuning` field that names the entry in use. */
  readonly choice: string;
  readonly fields: Readonly<Record<string, Field>>;
}

/** Where a field goes in a request, or that it goes nowhere. */
type Field =
  | { readonly section: string; readonly setting: string; readonly schema: z.ZodType; readonly liveOnly?: boolean }
  | 'no place';

const CUSTOMIZER = 'training.nemo_customizer';

const fieldsOf = (section: string, shape: Readonly<Record<string, z.ZodType>>, but: readonly string[]) =>
  Object.fromEntries(
    Object.entries(shape)
      .filter(([name]) => !but.includes(name))
      .map(([name, schema]): [string, Field] => [name, { section, setting: name, schema }]),
  );

const { wait_for_completion } = NemoCustomizer.shape;
const { deduplicate_pairs, max_pairs } = DatasetSettings.shape;
const { reps, continue_on_collection_error } = WorkflowSource.shape;

export const BLOCKS: readonly Block[] = [
  {
    name: 'trajectory_builders',
    type: 'dpo_traj_builder',
    choice: 'trajectory_builder',
    fields: {
      ...fieldsOf('builder', BuilderSettings.shape, ['compatibility', 'unit', 'drop_truncated']),
      reward: 'no place',
    },
  },
  {
    name: 'trainers',
    type: 'nemo_customizer_trainer',
    choice: 'trainer',
    fields: {
      deduplicate_pairs: { section: 'dataset', setting: 'deduplicate_pairs', schema: deduplicate_pairs },
      max_pairs: { section: 'dataset', setting: 'max_pairs', schema: max_pairs },
      wait_for_completion: { section: CUSTOMIZER, setting: 'wait_for_completion', schema: wait_for_completion },
      num_runs: { section: 'source.workflow', setting: 'reps', schema: reps, liveOnly: true },
      continue_on_collection_error: {
        section: 'source.workflow',
        setting: 'continue_on_collection_error',
        schema: continue_on_collection_error,
        liveOnly: true,
      },
      reward: 'no place',
    },
  },
  {
    name: 'trainer_adapters',
    type: 'nemo_customizer_trainer_adapter',
    choice: 'trainer_adapter',
    fields: {
      // All but those that are ours.
      ...fieldsOf(CUSTOMIZER, NemoCustomizer.shape, [
        ...['_type', 'wait_for_completion', 'output_model', 'auth_secret_arn', 'hf_token_secret_arn'],
      ]),
      reward: 'no place',
    },
  },
];

/** What the fields without a place are unless they are set. */
const isDefault = (value: unknown): boolean => value === null || value === undefined;

export interface EntryContext {
  /** Variables that the file names and the environment lacks. */
  readonly unset: readonly string[];
  readonly source: NatSource;
}

/** The settings that an entry makes, and a note on each field that makes none. */
export function readEntry([name, fields]: Entry, block: Block, { unset, source }: EntryContext) {
  const layers: Settings[] = [];
  const notes: string[] = [];
  for (const [field, value] of Object.entries(fields)) {
    const place = `${block.name}.${name}.${field}`;
    if (field === '_type' || field === 'type') continue;
    const known = Object.hasOwn(block.fields, field) ? block.fields[field] : undefined;
    if (known === undefined) {
      notes.push(`${place} is not used: ${block.type} has no such field${didYouMean(field, block)}`);
    } else if (known === 'no place') {
      if (!isDefault(value)) notes.push(`${place} is not used by this version.`);
    } else if (value === null && unset.length > 0 && !takesNull(known.schema)) {
      notes.push(`${place} is empty, so its default applies; not set in the environment: ${unset.join(', ')}.`);
    } else {
      if (typeof value === 'string' && value.startsWith('file://')) {
        throw new InvalidRequest(`${place} is ${value}, which NAT reads from that file: write the text itself.`);
      }
      if (value instanceof Date)
        throw new InvalidRequest(`YAML reads ${place} as a date. Put it in quotes if it is text.`);
      const read = readAsNat(value, known.schema);
      notes.push(...read.unknown.map((below) => `${place}.${below} is not used: ${block.type} has no such field.`));
      const isOfThisSource = !known.liveOnly || source.kind === 'workflow';
      if (isOfThisSource) layers.push(settingAt(known, read.value));
      else if (!isSameAsDefault(known, read.value)) {
        notes.push(
          `${place} is not used: the traces are read once. A live workflow has ${known.section}.${known.setting}.`,
        );
      }
    }
  }
  return { layers, notes };
}

const isSameAsDefault = ({ schema }: Exclude<Field, 'no place'>, value: unknown): boolean =>
  schema.safeParse(undefined).data === value;

const settingAt = ({ section, setting }: Exclude<Field, 'no place'>, value: unknown): Settings =>
  section.split('.').reduceRight<Settings>((below, name) => ({ [name]: below }), { [setting]: value });

function didYouMean(field: string, block: Block): string {
  const near = nearest(field, Object.keys(block.fields));
  return near === undefined ? '.' : `; did you mean ${near}?`;
}

export function entriesOf(config: Settings, block: string, file: string): Entry[] {
  const entries = config[block] ?? {};
  if (!isSettings(entries)) throw new InvalidRequest(`${block} of ${file} must map names to settings.`);
  return Object.entries(entries).map(([name, fields]) => {
    if (!isSettings(fields)) throw new InvalidRequest(`${block}.${name} of ${file} must be settings with a _type.`);
    return [name, fields];
  });
}

export function pickEntry(entries: readonly Entry[], choice: unknown, block: Block, file: string): Entry | undefined {
  if (entries.length < 2) return entries[0];
  const named = entries.find(([name]) => name === choice);
  if (named) return named;
  const names = entries.map(([name]) => name).join(', ');
  throw new InvalidRequest(
    `${file} has ${entries.length} ${block.name} of _type ${block.type} (${names}): name one of them in finetuning.${block.choice}.`,
  );
}

/** `_type` as people write it; `type` in the config_effective.yml that NAT writes. */
export function typeOf(entry: Settings): string | undefined {
  const type = entry.type ?? entry._type;
  return typeof type === 'string' ? type : undefined;
}
