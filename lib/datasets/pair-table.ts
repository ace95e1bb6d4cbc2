import type { FormatName } from '../contract/dataset.ts';
import type { View } from '../contract/dataset-result.ts';
import { keepFinite } from '../preferences/reward.ts';
import { bytes, type Column, doubles, integers, shorts } from './columns.ts';
import type { DatasetPlan } from './dataset-plan.ts';
import { opensGroup, type PairBlock } from './pair-index.ts';
import { DIGEST_WORDS, type WordTable, wordTable } from './word-table.ts';

/**
 * All pairs of a run as they are chosen among: a fixed number of bytes for each pair, group, example and distinct text,
 * and the names of the trace objects. Pairs and groups are numbered as they come.
 */
export interface PairTable {
  readonly pairs: number;
  readonly views: ReadonlyMap<View, ViewTable>;
  /** By pair. */
  readonly groupOf: Column;
  readonly offset: Column;
  /** As the index has them: what opens with the pair, and its shape. */
  readonly flags: Column;
  readonly margin: Column;
  readonly chosenLength: Column;
  readonly rejectedLength: Column;
  /** By format, by pair: why the format cannot hold it, as the index has it. */
  readonly unheld: ReadonlyMap<FormatName, Column>;
  /** By group: its example's root, its trace object, and the mean reward of its trajectories. */
  readonly rootOf: Column;
  readonly sourceOf: Column;
  readonly meanReward: Column;
  /** Digests of the examples' roots, of the tools (those of none included), and of the responses. */
  readonly roots: WordTable;
  readonly tools: WordTable;
  readonly responses: WordTable;
  /** Keys of the trace objects, in order of first appearance. */
  readonly sources: readonly string[];
  /** Bytes held, the trace objects' keys excepted. */
  readonly bytes: number;
}

/** Pairs as they are compared in one view. */
export interface ViewTable {
  /** Digests of the prompts. */
  readonly prompts: WordTable;
  /** Numbers of (prompt, one response, the other, tools), the smaller response first. */
  readonly contents: WordTable;
  /** By pair. A content in both directions is a contradiction. */
  readonly contentOf: Column;
  /** By pair: 1 where the chosen response has the larger number. */
  readonly flipped: Column;
}

export const promptOf = ({ contents, contentOf }: ViewTable, pair: number): number =>
  contents.word(contentOf.at(pair), 0);

/** Of the tools that go with the prompt: of those of a chat, a template writes a prompt. */
export const toolsOf = ({ contents, contentOf }: ViewTable, pair: number): number =>
  contents.word(contentOf.at(pair), 3);

export const chosenOf = ({ contents, contentOf, flipped }: ViewTable, pair: number): number =>
  contents.word(contentOf.at(pair), flipped.at(pair) === 1 ? 2 : 1);

export const rejectedOf = ({ contents, contentOf, flipped }: ViewTable, pair: number): number =>
  contents.word(contentOf.at(pair), flipped.at(pair) === 1 ? 1 : 2);

/** Of a run, what takes memory while pairs are chosen. */
export interface ChosenAmong {
  readonly pairs: number;
  /** Each has a prompt of its own. */
  readonly turns: number;
  readonly candidates: number;
  readonly examples: number;
}

/**
 * Bytes that choosing takes at its peak: the columns and tables below, and while a table grows its old half beside the
 * new one. Measured by `bench/choose.ts`.
 */
export const bytesToChoose = (
  { views, formats, unpaired }: Pick<DatasetPlan, 'views' | 'formats' | 'unpaired'>,
  { pairs, turns, candidates, examples }: ChosenAmong,
): number =>
  pairs * (35 + formats.length + views.length * (unpaired ? 98 : 46)) +
  Math.min(turns, pairs) * views.length * 60 +
  Math.min(candidates, 2 * pairs) * 60 +
  examples * 150;

/** Adds entries, block after block and shard after shard. Memory is taken for so many pairs at once. */
export function openPairTable(plan: Pick<DatasetPlan, 'views' | 'formats'>, expected: number) {
  const views = new Map(plan.views.map((view) => [view, emptyView(expected)]));
  const unheld = new Map(plan.formats.map(({ name }) => [name, bytes(expected)]));
  const byPair = {
    groupOf: integers(expected),
    offset: doubles(expected),
    flags: shorts(expected),
    margin: doubles(expected),
    chosenLength: integers(expected),
    rejectedLength: integers(expected),
  };
  const byGroup = { rootOf: integers(), sourceOf: integers(), meanReward: doubles() };
  const [roots, tools, responses] = [wordTable(DIGEST_WORDS), wordTable(DIGEST_WORDS), wordTable(DIGEST_WORDS)];
  const sources = new Map<string, number>();
  const open = { pairs: 0, rewards: 0 };
  const content = new Uint32Array(4);

  const closeGroup = (): void => {
    if (open.pairs > 0) byGroup.meanReward.push(open.rewards / open.pairs);
    open.pairs = 0;
    open.rewards = 0;
  };
  const addGroup = (root: number, source: string): void => {
    closeGroup();
    byGroup.rootOf.push(root);
    const number = sources.get(source) ?? sources.size;
    sources.set(source, number);
    byGroup.sourceOf.push(number);
  };

  return {
    /** `sources`: the trace objects' keys by the numbers that the entries have for them. */
    add(block: PairBlock, sourceNames: readonly string[]): void {
      const [root, chosen, rejected] = [block.words('root'), block.words('chosen'), block.words('rejected')];
      const [offset, margin, reward] = [block.doubles('offset'), block.doubles('margin'), block.doubles('reward')];
      const offered = block.words('tools');
      const [source, chosenLength] = [block.integers('source'), block.integers('chosenLength')];
      const rejectedLength = block.integers('rejectedLength');
      const held = [...unheld].map(([name, column]) => ({ column, reasons: block.unheld(name) }));
      const seen = [...views].map(([view, table]) => ({ table, prompts: block.prompts(view) }));
      for (let row = 0; row < block.pairs; row++) {
        const word = row * DIGEST_WORDS;
        const flags = block.flags[row] ?? 0;
        if (opensGroup(flags)) addGroup(roots.add(root, word), sourceNames[source[row] ?? 0] ?? '');
        byPair.groupOf.push(byGroup.rootOf.length - 1);
        byPair.offset.push(offset[row] ?? 0);
        byPair.flags.push(flags);
        byPair.margin.push(margin[row] ?? 0);
        byPair.chosenLength.push(chosenLength[row] ?? 0);
        byPair.rejectedLength.push(rejectedLength[row] ?? 0);
        open.pairs += 1;
        open.rewards = keepFinite(open.rewards + (reward[row] ?? 0));
        for (const { column, reasons } of held) column.push(reasons[row] ?? 0);
        const [better, worse] = [responses.add(chosen, word), responses.add(rejected, word)];
        content[1] = Math.min(better, worse);
        content[2] = Math.max(better, worse);
        content[3] = tools.add(offered, word);
        for (const { table, prompts } of seen) {
          content[0] = table.prompts.add(prompts, word);
          table.contentOf.push(table.contents.add(content, 0));
          table.flipped.push(better > worse ? 1 : 0);
        }
      }
    },
    close(): PairTable {
      closeGroup();
      const columns = [...Object.values(byPair), ...Object.values(byGroup), ...unheld.values()];
      const inViews = [...views.values()].flatMap(({ contentOf, flipped }) => [contentOf, flipped]);
      const tables = [
        roots,
        tools,
        responses,
        ...[...views.values()].flatMap(({ prompts, contents }) => [prompts, contents]),
      ];
      return {
        ...{ pairs: byPair.groupOf.length, views, unheld, roots, tools, responses },
        ...byPair,
        ...byGroup,
        sources: [...sources.keys()],
        bytes:
          [...columns, ...inViews].reduce((sum, { length, width }) => sum + length * width, 0) +
          tables.reduce((sum, table) => sum + table.bytes, 0),
      };
    },
  };
}

/** The first of two pairs: by trace object (code units of its key), by place in it, by place in the group. */
export function earlier(table: PairTable, a: number, b: number): number {
  const groups = [table.groupOf.at(a), table.groupOf.at(b)] as const;
  return compareGroups(table, ...groups) || table.offset.at(a) - table.offset.at(b) || a - b;
}

export function compareGroups(table: PairTable, a: number, b: number): number {
  const [left, right] = [a, b].map((group) => table.sources[table.sourceOf.at(group)] ?? '');
  if (left === right || left === undefined || right === undefined) return 0;
  return left < right ? -1 : 1;
}

/** Few contents repeat, but a turn's pairs have one prompt. */
const emptyView = (expected: number): ViewTable => ({
  prompts: wordTable(DIGEST_WORDS),
  contents: wordTable(4, expected),
  contentOf: integers(expected),
  flipped: bytes(expected),
});
