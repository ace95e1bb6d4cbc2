import * as z from 'zod';
import { InvalidRequest } from '../lib/errors.ts';
import { BLOCKS, type Entry, entriesOf, pickEntry, readEntry, typeOf } from './nat-blocks.ts';
import { natBoolean } from './nat-boolean.ts';
import type { NatConfigFile } from './nat-config-file.ts';
import { type NatSource, settingsFromEvaluation } from './nat-evaluation.ts';
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
  /** What the run reads: some fields have a meaning for a live workflow only. */
  readonly source: NatSource;
  /** `--train`: the trainer adapter trains, whatever `finetuning.enabled` is. */
  readonly train?: boolean;
}

/**
 * The DPO settings of NAT's own configuration file: its `trajectory_builders`, `trainers` and `trainer_adapters`,
 * those that its `finetuning` block names where there are several, and the names of keys in `eval.general.dataset`. As in
 * NAT, a trainer adapter trains only where `finetuning.enabled` is true. NAT's other blocks are about running the agent and
 * are left alone. NAT ignores a field that it does not know; here a note names it.
 */
export function settingsFromNatConfig(
  { config, variables }: NatConfigFile,
  file: string,
  options: NatOptions,
): NatConfig {
  const finetuning = config.finetuning ?? {};
  if (!isSettings(finetuning)) {
    throw new InvalidRequest(`finetuning of ${file} must be settings, such as enabled: true.`);
  }
  const unset = [...variables.unset];
  const training = trainingOf(finetuning, { file, unset, train: options.train ?? false });
  const evaluation = settingsFromEvaluation(config.eval, file, options.source);
  const layers: Settings[] = [evaluation.settings];
  const notes: string[] = [];
  const found = new Set<string>();
  for (const block of BLOCKS) {
    const entries = entriesOf(config, block.name, file);
    const isOurs = ([, entry]: Entry) => typeOf(entry) === block.type;
    for (const [name, entry] of entries.filter((each) => !isOurs(each))) {
      notes.push(`${block.name}.${name} is not used: its _type is ${typeOf(entry) ?? 'missing'}, not ${block.type}.`);
    }
    const entry = pickEntry(entries.filter(isOurs), finetuning[block.choice], block, file);
    if (!entry) continue;
    found.add(block.name);
    const read = readEntry(entry, block, { unset, source: options.source });
    notes.push(...read.notes);
    layers.push(...read.layers);
  }
  if (found.size === 0 && !evaluation.found) {
    throw new InvalidRequest(
      `--nat-config ${file} has no DPO settings: it needs a trajectory_builders entry of _type dpo_traj_builder, or an eval block.`,
    );
  }
  notes.push(...notesOnFinetuning(finetuning), ...evaluation.notes);
  const settings = mergeSettings(layers);
  if (!found.has('trainer_adapters')) {
    const none = { starts: false, why: `Nothing is trained: ${file} has no trainer adapter.` };
    return { settings: withoutTraining(settings), notes, training: settings.training === undefined ? null : none };
  }
  return { settings: training.starts ? settings : withoutTraining(settings), notes, training };
}

interface Enabling {
  readonly file: string;
  readonly unset: readonly string[];
  readonly train: boolean;
}

function trainingOf({ enabled }: Settings, { file, unset, train }: Enabling): NatTraining {
  const place = `finetuning.enabled of ${file}`;
  // NAT refuses a null. Where a variable is not set, it may well be this one.
  const isUnset = enabled === null && unset.length > 0;
  const isDefault = enabled === undefined || isUnset;
  const read = isDefault ? false : natBoolean(enabled);
  if (read === undefined) {
    throw new InvalidRequest(`${place} must be true or false, but is ${JSON.stringify(enabled)}.`);
  }
  if (read) return { starts: true, why: `The run trains: ${place} is true.` };
  if (train) return { starts: true, why: 'The run trains: --train is given.' };
  const reason = isDefault ? 'false by default' : 'false';
  const variable = isUnset ? ` (it is empty, and not set in the environment: ${unset.join(', ')})` : '';
  return { starts: false, why: `Nothing is trained: ${place} is ${reason}${variable}. --train trains anyway.` };
}

/** Fields of NAT's own training loops, and what they are unless they are set. */
const FINETUNING_DEFAULTS: Readonly<Record<string, readonly unknown[]>> = {
  reward_function: [null],
  target_functions: [['<workflow>']],
  target_model: [null],
  num_epochs: [1],
  output_dir: ['./.tmp/nat/finetuning/', '.tmp/nat/finetuning'],
  run_configuration: [null],
};

function notesOnFinetuning(finetuning: Settings): string[] {
  const set = Object.entries(finetuning).flatMap(([name, value]) => {
    if (name === 'curriculum_learning') return isSettings(value) && natBoolean(value.enabled) ? [name] : [];
    const defaults = Object.hasOwn(FINETUNING_DEFAULTS, name) ? FINETUNING_DEFAULTS[name] : undefined;
    return defaults?.every((one) => JSON.stringify(one) !== JSON.stringify(value)) ? [name] : [];
  });
  return set.map((name) => `finetuning.${name} is not used by this version.${INSTEAD[name] ?? ''}`);
}

const INSTEAD: Readonly<Record<string, string>> = {
  curriculum_learning: ' dataset.curriculum.buckets orders the pairs from easy to hard.',
  output_dir: ' --out says where a run is written.',
};

/** The adapter's word on the prompts is the dataset's too, trained or not. */
function withoutTraining({ training, ...rest }: Settings): Settings {
  const use_full_message_history = Training.safeParse(training).data?.nemo_customizer.use_full_message_history;
  return use_full_message_history === undefined
    ? rest
    : mergeSettings([rest, { dataset: { use_full_message_history } }]);
}

const Training = z.object({ nemo_customizer: z.object({ use_full_message_history: z.unknown().optional() }) });
