import * as z from 'zod';
import { BuilderSettings } from '../lib/contract/builder.ts';
import { nearest } from '../lib/contract/nearest.ts';
import { NemoCustomizer } from '../lib/contract/training.ts';
import { InvalidRequest } from '../lib/errors.ts';
import { natBoolean } from './nat-boolean.ts';
import { type Environment, interpolated } from './nat-variables.ts';
import { isSettings, mergeSettings, type Settings } from './settings.ts';

export interface NatConfig {
  readonly settings: Settings;
  /** What was found and is not used, a sentence each. */
  readonly notes: readonly string[];
  /** Null without a trainer and its adapter. */
  readonly training: NatTraining | null;
}

export interface NatTraining {
  readonly starts: boolean;
  /** Why it starts, or does not. */
  readonly why: string;
}

export interface NatOptions {
  readonly environment: Environment;
  /** `--train`: the trainer adapter trains, whatever `finetuning.enabled` is. */
  readonly train?: boolean;
}

/**
 * The DPO settings of NAT's own configuration file: its `trajectory_builders`, `trainers` and `trainer_adapters`,
 * those that its `finetuning` block names where there are several. As in NAT, a trainer adapter trains only where
 * `finetuning.enabled` is true. NAT's other blocks are about running the agent and are left alone. NAT ignores a field
 * that it does not know; here that is said.
 */
export function settingsFromNatConfig(config: Settings, file: string, options: NatOptions): NatConfig {
  const { environment } = options;
  const finetuning = config.finetuning ?? {};
  if (!isSettings(finetuning))
    throw new InvalidRequest(`finetuning of ${file} must be settings, such as enabled: true.`);
  const training = trainingOf(finetuning, file, options);
  const layers: Settings[] = [];
  const notes: string[] = [];
  const found = new Set<string>();
  for (const block of BLOCKS) {
    const entries = entriesOf(config, block.name, file);
    const ours = entries.filter(([, entry]) => entry._type === block.type);
    for (const [name, entry] of entries) {
      if (!ours.some(([known]) => known === name))
        notes.push(`${block.name}.${name} is not used: its _type is ${typeOf(entry)}, not ${block.type}.`);
    }
    const entry = pickOne(ours, interpolated(finetuning[block.choice], environment).value, block, file);
    if (!entry) continue;
    found.add(block.name);
    const read = readEntry(entry, block, environment);
    notes.push(...read.notes);
    layers.push(...read.layers);
  }
  if (found.size === 0) {
    throw new InvalidRequest(
      `--nat-config ${file} has no DPO settings: it needs a trajectory_builders entry of _type dpo_traj_builder.`,
    );
  }
  const settings = mergeSettings(layers);
  if (!found.has('trainer_adapters')) {
    const none = { starts: false, why: `Nothing is trained: ${file} has no trainer adapter.` };
    return { settings: withoutTraining(settings), notes, training: settings.training === undefined ? null : none };
  }
  return { settings: training.starts ? settings : withoutTraining(settings), notes, training };
}

function trainingOf({ enabled }: Settings, file: string, { environment, train = false }: NatOptions): NatTraining {
  const { value, unset } = interpolated(enabled, environment);
  const place = `finetuning.enabled of ${file}`;
  const read = value === undefined ? false : natBoolean(value);
  if (read === undefined) {
    throw new InvalidRequest(`${place} must be true or false, but is ${JSON.stringify(value)}.`);
  }
  if (read) return { starts: true, why: `The run trains: ${place} is true.` };
  if (train) return { starts: true, why: 'The run trains: --train is given.' };
  const reason = value === undefined ? 'false by default' : 'false';
  const variable = unset === undefined ? '' : ` (the environment variable ${unset} is not set)`;
  return { starts: false, why: `Nothing is trained: ${place} is ${reason}${variable}. --train trains all the same.` };
}

/** The adapter's word on the prompts is the dataset's too, trained or not. */
function withoutTraining({ training, ...rest }: Settings): Settings {
  const use_full_message_history = Training.safeParse(training).data?.nemo_customizer.use_full_message_history;
  return use_full_message_history === undefined
    ? rest
    : mergeSettings([rest, { dataset: { use_full_message_history } }]);
}

const Training = z.object({ nemo_customizer: z.object({ use_full_message_history: z.unknown().optional() }) });

type Entry = readonly [name: string, fields: Settings];

interface Block {
  readonly name: string;
  readonly type: string;
  /** The `finetuning` field that names the entry in use. */
  readonly choice: string;
  /** The fields that become settings of the same name, by the section of the request that takes them. */
  readonly used: Readonly<Record<string, readonly string[]>>;
  /** Fields that NAT knows and a request has no place for. */
  readonly unused: readonly string[];
}

const CUSTOMIZER = 'training.nemo_customizer';

/** Those of ours that NAT's adapter has not. */
const OWN_FIELDS = ['wait_for_completion', 'output_model', 'auth_secret_arn', 'hf_token_secret_arn'];

const BLOCKS: readonly Block[] = [
  {
    name: 'trajectory_builders',
    type: 'dpo_traj_builder',
    choice: 'trajectory_builder',
    used: { builder: Object.keys(BuilderSettings.shape).filter((name) => name !== 'compatibility') },
    unused: ['reward'],
  },
  {
    name: 'trainers',
    type: 'nemo_customizer_trainer',
    choice: 'trainer',
    used: { dataset: ['deduplicate_pairs', 'max_pairs'], [CUSTOMIZER]: ['wait_for_completion'] },
    unused: ['num_runs', 'continue_on_collection_error', 'reward'],
  },
  {
    name: 'trainer_adapters',
    type: 'nemo_customizer_trainer_adapter',
    choice: 'trainer_adapter',
    used: { [CUSTOMIZER]: Object.keys(NemoCustomizer.shape).filter((name) => !OWN_FIELDS.includes(name)) },
    unused: ['reward'],
  },
];

function readEntry([name, fields]: Entry, block: Block, environment: Environment) {
  const layers: Settings[] = [];
  const notes: string[] = [];
  for (const [field, value] of Object.entries(fields)) {
    const place = `${block.name}.${name}.${field}`;
    if (field === '_type') continue;
    const section = sectionOf(field, block);
    if (section !== undefined) {
      const read = interpolated(value, environment);
      if (read.value !== undefined) layers.push(settingAt(section, field, read.value));
      else notes.push(`${place} is left to its default: the environment variable ${read.unset} is not set.`);
    } else if (block.unused.includes(field)) notes.push(`${place} is not used by this version.`);
    else notes.push(`${place} is not used: ${block.type} has no such field${didYouMean(field, block)}`);
  }
  return { layers, notes };
}

const sectionOf = (field: string, { used }: Block) =>
  Object.entries(used).find(([, fields]) => fields.includes(field))?.[0];

const settingAt = (section: string, field: string, value: unknown): Settings =>
  section.split('.').reduceRight<Settings>((below, name) => ({ [name]: below }), { [field]: value });

function didYouMean(field: string, block: Block): string {
  const near = nearest(field, [...Object.values(block.used).flat(), ...block.unused]);
  return near === undefined ? '.' : `; did you mean ${near}?`;
}

function entriesOf(config: Settings, block: string, file: string): Entry[] {
  const entries = config[block] ?? {};
  if (!isSettings(entries)) throw new InvalidRequest(`${block} of ${file} must map names to settings.`);
  return Object.entries(entries).map(([name, fields]) => {
    if (!isSettings(fields)) throw new InvalidRequest(`${block}.${name} of ${file} must be settings with a _type.`);
    return [name, fields];
  });
}

function pickOne(entries: readonly Entry[], choice: unknown, block: Block, file: string): Entry | undefined {
  if (entries.length < 2) return entries[0];
  const named = entries.find(([name]) => name === choice);
  if (named) return named;
  const names = entries.map(([name]) => name).join(', ');
  throw new InvalidRequest(
    `${file} has ${entries.length} ${block.name} of _type ${block.type} (${names}): name one of them in finetuning.${block.choice}.`,
  );
}

const typeOf = (entry: Settings): string => (typeof entry._type === 'string' ? entry._type : 'missing');
