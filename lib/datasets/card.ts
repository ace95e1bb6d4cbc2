import type { BuilderSettings } from '../contract/builder.ts';
import type { DatasetColumn, DatasetSettings } from '../contract/dataset.ts';
import type { DatasetFile, DatasetResult, FormatResult, SelectionResult } from '../contract/dataset-result.ts';
import { crc32Base64 } from '../objects/checksum.ts';
import { isConversational } from './formats/trl.ts';
import type { Layout } from './layout.ts';

export interface CardFacts {
  readonly runId: string;
  readonly unpaired: boolean;
  readonly layout: Layout;
  readonly format: FormatResult;
  readonly selection: SelectionResult;
  readonly withoutPairs: DatasetResult['items_without_pairs'];
  readonly settings: DatasetSettings;
  readonly builder: BuilderSettings;
  /** Keys of the first trace objects, and how many there are: a run may have a million. */
  readonly sources: { readonly named: readonly string[]; readonly count: number };
}

/**
 * A Hugging Face dataset card. Its YAML makes the folder loadable as it is; the features are spelled out because
 * `datasets` would otherwise guess them from the first lines, where a column may still be all null.
 *
 * `datasets` caches by the folder's name and this YAML, never by the rows. So the YAML differs wherever the rows do: the
 * configuration has the run's name, and its description the files' checksums.
 */
export function datasetCard(facts: CardFacts): string {
  return ['---', ...front(facts), '---', '', ...body(facts), ''].join('\n');
}

function front(facts: CardFacts): readonly string[] {
  const splits = splitsOf(facts.format.files);
  // Quoted: a run may be named 1e3, null or 2024-01-01.
  const config = JSON.stringify(facts.runId);
  return [
    `pretty_name: ${JSON.stringify(`Preferences of ${facts.runId}`)}`,
    'task_categories:',
    '- text-generation',
    'tags:',
    ...[facts.unpaired ? 'kto' : 'dpo', 'trl', 'preference', 'agent-traces'].map((tag) => `- ${tag}`),
    'size_categories:',
    `- ${sizeCategory(sum(splits, linesOf))}`,
    'configs:',
    `- config_name: ${config}`,
    '  default: true',
    `  description: ${JSON.stringify(checksums(splits))}`,
    '  data_files:',
    ...splits.flatMap(({ name, files }) => [
      `  - split: ${name}`,
      '    path:',
      ...files.map(({ file }) => `    - ${JSON.stringify(file)}`),
    ]),
    'dataset_info:',
    `  config_name: ${config}`,
    '  features:',
    ...featuresOf(facts).map((line) => `  ${line}`),
    '  splits:',
    ...splits.flatMap((split) => [
      `  - name: ${split.name}`,
      // Of the files. `datasets` puts the bytes of its own tables here, and compares the examples alone.
      `    num_bytes: ${sum(split.files, ({ bytes }) => bytes)}`,
      `    num_examples: ${linesOf(split)}`,
    ]),
  ];
}

interface Split {
  readonly name: 'train' | 'validation';
  /** With a curriculum the train split runs from easy to hard. */
  readonly files: readonly DatasetFile[];
}

/** Those that have files: `datasets` refuses a folder that lacks a split of its card. */
function splitsOf(files: readonly DatasetFile[]): readonly Split[] {
  const of = (side: DatasetFile['split']) => files.filter(({ split }) => split === side);
  const splits: readonly Split[] = [
    { name: 'train', files: of('training') },
    { name: 'validation', files: of('validation') },
  ];
  return splits.filter(({ files }) => files.length > 0);
}

/** Loading fails where a split has fewer examples, or more. */
const linesOf = ({ files }: Split): number => sum(files, ({ lines }) => lines);

const checksums = (splits: readonly Split[]): string => {
  const all = splits.flatMap(({ files }) => files.map(({ file, crc32 }) => `${file} ${crc32Base64(crc32)}`));
  return `CRC-32: ${all.join(', ')}`;
};

const sum = <Of>(all: readonly Of[], count: (one: Of) => number): number =>
  all.reduce((total, one) => total + count(one), 0);

/** The Hub's own categories. */
function sizeCategory(lines: number): string {
  const edges = ['1K', '10K', '100K', '1M', '10M', '100M', '1B'];
  const at = edges.findIndex((_, power) => lines < 1000 * 10 ** power);
  if (at === 0) return 'n<1K';
  return at < 0 ? 'n>1B' : `${edges[at - 1]}<n<${edges[at]}`;
}

function featuresOf({ layout, unpaired }: CardFacts): readonly string[] {
  const texts = unpaired ? ['prompt', 'completion'] : ['prompt', 'chosen', 'rejected'];
  return [
    ...texts.flatMap((name) => (isConversational(layout) ? messages(name) : column(name, 'string'))),
    ...(unpaired ? column('label', 'bool') : []),
    ...(layout.tools ? column('tools', 'string') : []),
    ...layout.columns.flatMap((name) => column(name, TYPES[name])),
  ];
}

const column = (name: string, dtype: string): readonly string[] => [`- name: ${name}`, `  dtype: ${dtype}`];

/**
 * As JSON, one message at a time (`datasets` 4.7 and later): messages keep the keys that they have, without nulls for
 * those of others, and a text that looks like a date stays text.
 */
const messages = (name: string): readonly string[] => [`- name: ${name}`, '  list:', '    dtype: json'];

const TYPES: Readonly<Record<DatasetColumn, string>> = {
  margin: 'float64',
  score_chosen: 'float64',
  score_rejected: 'float64',
  example_id: 'string',
  lineage: 'string',
};

function body(facts: CardFacts): readonly string[] {
  const { selection, format, withoutPairs, settings, builder, sources } = facts;
  const { balance } = selection;
  return [
    `# Preferences of ${facts.runId}`,
    '',
    'Candidates that an agent gave at the same turn, paired by their scores: the higher score is chosen, the lower one',
    'rejected. Nothing in it was written or judged by a person for this dataset.',
    '',
    '## What is in it',
    '',
    ...styleOf(facts),
    '',
    ...table([
      ['training pairs', selection.training.pairs],
      ['training examples', selection.training.examples],
      ['validation pairs', selection.validation.pairs],
      ['validation examples', selection.validation.examples],
      ...Object.entries(format.left_out).map(([reason, count]): Row => [`left out: ${reason}`, count]),
    ]),
    '',
    '## How it was selected',
    '',
    ...table([
      ['pairs collected', selection.collected_pairs],
      ['duplicates dropped', selection.duplicate_pairs],
      ['contradictions dropped', selection.contradictory_pairs],
      ['not in the sample', selection.sampled_out_pairs],
      ['dropped from validation: prompt is in training', selection.leaking_validation_pairs],
      ['trace items', withoutPairs.items],
      ['trace items that could not be read', withoutPairs.rejected_items],
      ['trace items without candidates', withoutPairs.without_candidates],
      ['trace items whose candidates make no pair', withoutPairs.without_pairs],
    ]),
    '',
    '## Balance',
    '',
    ...table([
      ['mean length of the chosen (UTF-16 units)', balance.length?.mean_chosen],
      ['mean length of the rejected (UTF-16 units)', balance.length?.mean_rejected],
      ['share of unequal pairs whose longer one is chosen', balance.length?.longer_chosen_rate],
      ["Cohen's d of the lengths", balance.length?.cohens_d],
      ['margin: 5th, 50th, 95th percentile', balance.margin && shown(balance.margin)],
      ['pairs per example: median, most', balance.pairs_per_example && spread(balance.pairs_per_example)],
      ['pairs per turn: median, most', balance.pairs_per_turn && spread(balance.pairs_per_turn)],
    ]),
    '',
    '## Made from',
    '',
    ...sources.named.map((key) => `    ${JSON.stringify(key)}`),
    ...(sources.count > sources.named.length
      ? ['', `and ${sources.count - sources.named.length} more; the run's manifest lists all.`]
      : []),
    '',
    '## Made with',
    '',
    ...JSON.stringify({ builder, dataset: settings }, null, 2)
      .split('\n')
      .map((line) => `    ${line}`),
  ];
}

const styleOf = ({ layout }: CardFacts): readonly string[] =>
  isConversational(layout)
    ? [
        "Prompts and answers are messages: the trainer applies the model's chat template. Needs `datasets` 4.7 or later.",
      ]
    : ['Prompts and answers are plain text: the trainer applies no chat template.'];

type Row = readonly [string, string | number | null | undefined];

const table = (rows: readonly Row[]): readonly string[] => [
  '| | |',
  '|---|---:|',
  ...rows.map(([name, value]) => `| ${name} | ${typeof value === 'number' ? rounded(value) : (value ?? '–')} |`),
];

/** Four digits after the point say enough in a card; the metrics have them all. */
const rounded = (value: number): string => String(Number(value.toFixed(4)));

const shown = ({ p5, p50, p95 }: { readonly p5: number; readonly p50: number; readonly p95: number }): string =>
  [p5, p50, p95].map(rounded).join(', ');

const spread = ({ median, max }: { readonly median: number; readonly max: number }): string => `${median}, ${max}`;
