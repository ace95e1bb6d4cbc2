import * as z from 'zod';
import { BuilderSettings } from '../lib/contract/builder.ts';
import { DatasetSettings } from '../lib/contract/dataset.ts';
import { nearest } from '../lib/contract/nearest.ts';
import { NemoCustomizer } from '../lib/contract/training.ts';
import { WorkflowSource } from '../lib/contract/workflow.ts';
import { InvalidRequest } from '../lib/errors.ts';
import type { NatSource } from './nat-evaluation.ts';
import { readAsNat, takesNull } from './nat-scalars.ts';
import { isSettings, type Settings, settingAt } from './settings.ts';

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
type Field = { readonly path: readonly string[]; readonly schema: z.ZodType; readonly liveOnly: boolean } | 'no place';

/** The fields that are settings of a section of the request by the same names. */
const fieldsOf = (section: string, { shape }: z.ZodObject, liveOnly = false): Readonly<Record<string, Field>> =>
  Object.fromEntries(
    Object.entries(shape).map(([name, schema]) => [name, { path: [...section.split('.'), name], schema, liveOnly }]),
  );

const { reps, continue_on_collection_error } = WorkflowSource.shape;

export const BLOCKS: readonly Block[] = [
  {
    name: 'trajectory_builders',
    type: 'dpo_traj_builder',
    choice: 'trajectory_builder',
    fields: {
      ...fieldsOf('builder', BuilderSettings.omit({ compatibility: true, unit: true, drop_truncated: true })),
      reward: 'no place',
    },
  },
  {
    name: 'trainers',
    type: 'nemo_customizer_trainer',
    choice: 'trainer',
    fields: {
      ...fieldsOf('dataset', DatasetSettings.pick({ deduplicate_pairs: true, max_pairs: true })),
      ...fieldsOf('training.nemo_customizer', NemoCustomizer.pick({ wait_for_completion: true })),
      num_runs: { path: ['source', 'workflow', 'reps'], schema: reps, liveOnly: true },
      ...fieldsOf('source.workflow', z.object({ continue_on_collection_error }), true),
      reward: 'no place',
    },
  },
  {
    name: 'trainer_adapters',
    type: 'nemo_customizer_trainer_adapter',
    choice: 'trainer_adapter',
    fields: {
      // All but those that are ours.
      ...fieldsOf(
        'training.nemo_customizer',
        NemoCustomizer.omit({
          ...{ _type: true, wait_for_completion: true, output_model: true },
          ...{ auth_secret_arn: true, hf_token_secret_arn: true },
        }),
      ),
      reward: 'no place',
    },
  },
];

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
      if (value !== null && value !== undefined) notes.push(`${place} is not used by this version.`);
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
      if (!known.liveOnly || source.kind === 'workflow') layers.push(settingAt(known.path, read.value));
      else if (known.schema.safeParse(undefined).data !== read.value) {
        notes.push(`${place} is not used: the traces are read once. A live workflow has ${known.path.join('.')}.`);
      }
    }
  }
  return { layers, notes };
}

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
