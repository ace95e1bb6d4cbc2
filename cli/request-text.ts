import { Document, isMap, isScalar } from 'yaml';
import { FormatName } from '../lib/contract/dataset.ts';
import { Unit } from '../lib/contract/unit.ts';
import type { ScoreSummary } from '../lib/stages/inspect-source.ts';
import type { InspectedPaths } from './inspect-paths.ts';
import { mergeSettings, type Settings } from './settings.ts';
import { scoreInWords } from './table.ts';
import { oneLine } from './terminal.ts';

/** A request over the inspected files, with every setting given, as YAML; in comments is what else its settings could be. */
export function requestText({ request, given, inspected }: InspectedPaths): string {
  const { builder } = request;
  const { cut, ...named } = request.source;
  const source = { ...named, ...(!cut && { cut }) };
  const dataset = { formats: ['trl'], validation_fraction: request.dataset.validation_fraction };
  const formats = `One or several of ${FormatName.options.join(', ')}.`;
  if (inspected.kind === 'traces') {
    const names = Object.keys(inspected.inspection.ttc_names).slice(0, MOST_NAMES);
    const step = names.includes(builder.ttc_step_name) ? builder.ttc_step_name : (names[0] ?? builder.ttc_step_name);
    const { exhaustive_pairs, min_score_diff } = builder;
    return write(
      withGiven({ source, builder: { ttc_step_name: step, exhaustive_pairs, min_score_diff }, dataset }, given),
      {
        'builder.ttc_step_name': `The steps that are candidates. Found: ${names.join(', ') || 'none'}.`,
        'builder.exhaustive_pairs': 'false: only the best answer of a turn against its worst.',
        'dataset.formats': formats,
      },
    );
  }
  const { format, score, scores, unit } = inspected.inspection;
  const [first] = scores;
  return write(
    withGiven(
      {
        source: { ...source, format: source.format ?? format, score: score ?? first?.name ?? 'score' },
        builder: { unit, min_score_diff: builder.min_score_diff },
        dataset,
      },
      given,
    ),
    {
      'source.score': `The score that compares answers. Found: ${scores.slice(0, MOST_NAMES).map(describeScore).join(', ') || 'none'}.`,
      'builder.unit': `What a pair is made of: one of ${Unit.options.join(', ')}.`,
      'dataset.formats': formats,
    },
  );
}

/** What was given is no setting to propose: it stays. The source comes first, as it is read. */
function withGiven(found: Settings, given: Settings): Settings {
  const { source, ...rest } = mergeSettings([found, given]);
  return { source, ...rest };
}

const MOST_NAMES = 20;

const describeScore = ({ name, candidates, min, max }: ScoreSummary): string =>
  candidates === 0 ? name : `${name} (${scoreInWords(min)} to ${scoreInWords(max)})`;

/** Comments stand above their settings, which are named by their path. */
function write(settings: object, comments: Readonly<Record<string, string>>): string {
  const document = new Document(settings);
  for (const [path, comment] of Object.entries(comments)) {
    const [section, name] = path.split('.');
    const within = document.get(section);
    const pair = isMap(within) ? within.items.find(({ key }) => isScalar(key) && key.value === name) : undefined;
    if (isScalar(pair?.key)) pair.key.commentBefore = ` ${oneLine(comment)}`;
  }
  return document.toString({ lineWidth: 0 });
}
