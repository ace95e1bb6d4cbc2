import * as z from 'zod';
import { LeftOutReason, type TokenFacts } from '../../contract/dataset-result.ts';
import { LONGEST_PAIR } from '../../contract/longest-line.ts';
import type { Request } from '../../contract/request.ts';
import { type DatasetPlan, planDatasets } from '../../datasets/dataset-plan.ts';
import { FORMATS } from '../../datasets/formats/index.ts';
import { shapeOfPrompt, shapeOfResponse, shapeOfText, shapeOfTools } from '../../datasets/layout.ts';
import { hasLoneSurrogate } from '../../datasets/lone-surrogate.ts';
import { nameReasons, writePairIndex } from '../../datasets/pair-index.ts';
import { lengthOf, preferPrompt, preferResponse } from '../../datasets/preference.ts';
import type { Asked, TokenCounter } from '../../datasets/token-counter.ts';
import { addTokens, longerSide, noTokens, type PairTokens } from '../../datasets/token-facts.ts';
import type { ObjectSink } from '../../objects/object-sink.ts';
import { fromUtf8, toUtf8, type Utf8, utf8 } from '../../objects/utf8.ts';
import { positionOf } from '../../preferences/candidate-place.ts';
import { type Digest, digestText, NO_DIGEST } from '../../preferences/digest.ts';
import type { EncodedPrompt, EncodedResponse, EncodedTools } from '../../preferences/encoded-text.ts';
import { rootOf } from '../../preferences/example-root.ts';
import type { PairedExample } from '../../preferences/pair-example.ts';
import type { PreferencePair } from '../../preferences/pairs.ts';
import { rewardOf } from '../../preferences/reward.ts';
import {
  type ExampleOrigin,
  GROUP_CLOSING,
  openGroupText,
  TEXT_GAPS,
  type TrajectoryText,
  trajectoryWriter,
} from '../../preferences/trajectory-text.ts';
import type { PairNotes } from '../../report/input.ts';

/** A shard's part of the collection, and the index of its pairs, as they are written. */
export interface CollectionPart {
  /** Writes the group's line and enters its pairs. `source` is the trace object's number in this shard. */
  addGroup(origin: ExampleOrigin, source: number, turns: PairedExample['turns']): Promise<void>;
  /** What the report shows of a pair that was added. */
  describe(pair: PreferencePair): PairNotes;
  readonly pairs: number;
  /** What the pairs have of tokens; undefined where none are counted. */
  readonly tokens: TokenFacts | undefined;
  /** Hands over what is left of the index. */
  end(): Promise<void>;
}

export function openCollectionPart(
  { builder, dataset }: Pick<Request, 'builder' | 'dataset'>,
  collection: ObjectSink,
  index: ObjectSink | undefined,
  counter?: TokenCounter,
): CollectionPart {
  const plan = planDatasets(dataset, builder);
  const entries = index && writePairIndex(index, plan);
  const facts = factsReader(plan, dataset);
  const tokens = counter && noTokens();
  const lengths = counter && lengthsReader(counter, dataset);

  const factsOf = ({ chosen, rejected }: PreferencePair) => ({
    prompt: facts.ofPrompt(chosen.prompt),
    tools: facts.ofTools(chosen.tools),
    chosen: facts.ofResponse(chosen.response),
    rejected: facts.ofResponse(rejected.response),
  });
  const unheldOf = (
    pair: PreferencePair,
    { prompt, tools, chosen, rejected }: ReturnType<typeof factsOf>,
  ): readonly number[] => {
    const tooLong = placeOf(bytesOf(pair) > LONGEST_PAIR ? 'too_large' : lengths?.whyNot(lengths.of(pair)));
    return plan.formats.map(
      (_, at) => prompt.unheld[at] || tools.unheld[at] || chosen.unheld[at] || rejected.unheld[at] || tooLong || 0,
    );
  };

  async function addGroup(origin: ExampleOrigin, source: number, turns: PairedExample['turns']): Promise<void> {
    const write = trajectoryWriter(origin, builder);
    const root = digestText(rootOf(origin.exampleId));
    let before = openGroupText(origin);
    let opensGroup = true;
    for (const turn of turns) {
      let opensTurn = true;
      for (const pair of turn) {
        const start = collection.bytes + before.length + TEXT_GAPS.prompt;
        const text = write(pair);
        const behind = collection.write(utf8`${before}${text.json}`);
        // Awaiting nothing would cost a turn of the event loop's microtasks for each pair.
        if (behind) await behind;
        before = COMMA;
        if (!entries) continue;
        const ofPair = factsOf(pair);
        const { prompt, tools, chosen, rejected } = ofPair;
        if (tokens) addTokens(tokens, lengths?.of(pair));
        const entered = entries.add({
          ...{ root, source, start, opensGroup, opensTurn },
          ...numbersOf(pair, builder),
          ...placesOf(pair, text),
          tools: tools.digest,
          prompts: prompt.digests,
          chosen: chosen.digest,
          rejected: rejected.digest,
          chosenLength: chosen.length,
          rejectedLength: rejected.length,
          shape: prompt.shape | tools.shape | chosen.shapes.chosen | rejected.shapes.rejected,
          unheld: unheldOf(pair, ofPair),
        });
        if (entered) await entered;
        opensGroup = false;
        opensTurn = false;
      }
    }
    await collection.write(GROUP_CLOSING);
  }
  return {
    addGroup,
    describe: (pair) => ({
      left_out: entries ? nameReasons(plan, unheldOf(pair, factsOf(pair))) : {},
      tokens: lengths?.of(pair) ?? null,
    }),
    get pairs() {
      return entries?.pairs ?? 0;
    },
    tokens,
    async end() {
      await entries?.end();
    },
  };
}

const COMMA = toUtf8(',');

const numbersOf = (pair: PreferencePair, builder: Request['builder']) => ({
  offset: positionOf(pair.chosen.place),
  margin: pair.margin,
  reward: rewardOf(pair, builder),
  promptBytes: pair.chosen.prompt.json.length,
  chosenBytes: pair.chosen.response.json.length,
  rejectedBytes: pair.rejected.response.json.length,
});

/** Of the texts that lines are made of. */
const bytesOf = ({ chosen, rejected }: PreferencePair): number =>
  chosen.prompt.json.length +
  (chosen.tools?.json.length ?? 0) +
  chosen.response.json.length +
  rejected.response.json.length;

/** Of what lies behind the texts. */
const placesOf = ({ chosen, rejected }: PreferencePair, { json, toolsAt }: TrajectoryText) => {
  const texts =
    TEXT_GAPS.prompt +
    chosen.prompt.json.length +
    TEXT_GAPS.chosen +
    chosen.response.json.length +
    TEXT_GAPS.rejected +
    rejected.response.json.length;
  return {
    tailBytes: json.length - texts,
    toolsBytes: chosen.tools?.json.length ?? 0,
    toolsGap: chosen.tools ? toolsAt - texts : 0,
  };
};

/** Tokens of pairs: of the prompt, and of the longer side with it. Each candidate is counted once. */
function lengthsReader(counter: TokenCounter, { max_prompt_tokens, max_tokens }: Request['dataset']) {
  const prompts = new WeakMap<EncodedPrompt, number | undefined>();
  const wholes = new WeakMap<EncodedResponse, number | undefined>();
  const askedIn = ({ chosen: { prompt, tools } }: PreferencePair): Asked => ({
    prompt: preferPrompt(prompt.value()),
    tools: tools && z.array(z.unknown()).parse(JSON.parse(fromUtf8(tools.json))),
  });
  return {
    of(pair: PreferencePair): PairTokens | undefined {
      let asked: Asked | undefined;
      const counted = [pair.chosen.response, pair.rejected.response].map((response) => {
        if (!wholes.has(response)) {
          asked ??= askedIn(pair);
          wholes.set(response, counter.whole(asked, preferResponse(response.value())));
        }
        return wholes.get(response);
      });
      if (!prompts.has(pair.chosen.prompt)) prompts.set(pair.chosen.prompt, counter.prompt(asked ?? askedIn(pair)));
      const prompt = prompts.get(pair.chosen.prompt);
      const [chosen, rejected] = counted;
      if (prompt === undefined || chosen === undefined || rejected === undefined) return undefined;
      return { prompt, chosen, rejected };
    },
    whyNot(length: PairTokens | undefined): LeftOutReason | undefined {
      if (max_prompt_tokens === null && max_tokens === null) return undefined;
      if (!length) return 'chat_template';
      const fits =
        length.prompt <= (max_prompt_tokens ?? length.prompt) &&
        longerSide(length) <= (max_tokens ?? longerSide(length));
      return fits ? undefined : 'too_long';
    },
  };
}

/** What is entered of one prompt or response, whatever pair it is in. */
interface TextFacts {
  readonly shape: number;
  /** In the order of the plan's formats: 0, or the place of the reason, from 1. */
  readonly unheld: readonly number[];
}

type ToolFacts = TextFacts & { readonly digest: Digest };
type ResponseFacts = Omit<TextFacts, 'shape'> & {
  readonly digest: Digest;
  readonly length: number;
  /** By the side that it is on. */
  readonly shapes: Readonly<Record<'chosen' | 'rejected', number>>;
};
const NO_TOOLS: ToolFacts = { digest: NO_DIGEST, shape: 0, unheld: [] };

/** Facts are made once a text: a turn's pairs share their prompt, and each candidate is in several pairs. */
function factsReader(plan: DatasetPlan, dataset: Request['dataset']) {
  const prompts = new WeakMap<EncodedPrompt, TextFacts & { readonly digests: readonly Digest[] }>();
  const offered = new WeakMap<EncodedTools, ToolFacts>();
  const responses = new WeakMap<EncodedResponse, ResponseFacts>();
  const settings = { fullHistory: dataset.use_full_message_history, nat: plan.nat };
  const notUnicode = (json: Utf8, value: () => unknown): boolean => !plan.nat && hasLoneSurrogate(json, value);
  return {
    ofPrompt(prompt: EncodedPrompt) {
      const known = prompts.get(prompt);
      if (known) return known;
      const bare = preferPrompt(prompt.value());
      const made = {
        digests: plan.views.map((view) => (view === 'whole' ? prompt.digest() : prompt.lastMessage())),
        shape: shapeOfPrompt(bare) | shapeOfText(prompt.json),
        unheld: notUnicode(prompt.json, prompt.value)
          ? plan.formats.map(() => placeOf('lone_surrogate'))
          : plan.formats.map(({ name }) => placeOf(FORMATS[name].whyNotPrompt(bare, settings))),
      };
      prompts.set(prompt, made);
      return made;
    },
    ofTools(tools: EncodedTools | undefined): ToolFacts {
      if (!tools) return NO_TOOLS;
      const known = offered.get(tools);
      if (known) return known;
      const value = z.array(z.unknown()).parse(JSON.parse(fromUtf8(tools.json)));
      const made = {
        digest: tools.digest(),
        shape: shapeOfTools(tools) | shapeOfText(tools.json),
        unheld: notUnicode(tools.json, () => value)
          ? plan.formats.map(() => placeOf('lone_surrogate'))
          : plan.formats.map(({ name }) => placeOf(FORMATS[name].whyNotTools(value))),
      };
      offered.set(tools, made);
      return made;
    },
    ofResponse(response: EncodedResponse) {
      const known = responses.get(response);
      if (known) return known;
      const bare = preferResponse(response.value());
      const shape = shapeOfText(response.json);
      const made = {
        digest: response.digest(),
        length: lengthOf(bare),
        shapes: {
          chosen: shapeOfResponse(bare, 'chosen') | shape,
          rejected: shapeOfResponse(bare, 'rejected') | shape,
        },
        unheld: notUnicode(response.json, response.value)
          ? plan.formats.map(() => placeOf('lone_surrogate'))
          : plan.formats.map(({ name }) => placeOf(FORMATS[name].whyNotResponse(bare))),
      };
      responses.set(response, made);
      return made;
    },
  };
}

const placeOf = (reason: LeftOutReason | undefined): number =>
  reason === undefined ? 0 : LeftOutReason.options.indexOf(reason) + 1;
