import { folderOf } from '../../folders.ts';

/** What `nat eval` of NAT writes its traces to. */
export const WORKFLOW_OUTPUT = 'workflow_output.json';

/** What it writes beside them, evaluators' outputs aside: the configuration, the traces in ATIF, and the profiler's files. */
const OTHER_FILES: ReadonlySet<string> = new Set([
  'config_effective.yml',
  'config_metadata.json',
  'config_original.yml',
  'workflow_output_atif.json',
  'all_requests_profiler_traces.json',
  'inference_optimization.json',
  'prediction_trie.json',
  'standardized_data_all.csv',
  'workflow_profiling_metrics.json',
  'workflow_profiling_report.txt',
]);

/** `<evaluator>_output.json`. */
export const isEvaluatorOutputName = (name: string): boolean =>
  name.endsWith('_output.json') && name !== WORKFLOW_OUTPUT && name !== '_output.json';

/** A file that NAT writes, and whose name says that it holds no traces. */
export const isOtherFile = (name: string): boolean => OTHER_FILES.has(name);

export interface SortedKeys {
  readonly kept: readonly string[];
  /** What NAT wrote beside its traces. */
  readonly passedOver: readonly string[];
}

/** Beside a `workflow_output.json` the names say what NAT wrote; elsewhere they say nothing. */
export function passOverNatFiles(keys: readonly string[]): SortedKeys {
  const folders = new Set(keys.filter((key) => nameOf(key) === WORKFLOW_OUTPUT).map(folderOf));
  const isNats = (key: string) =>
    folders.has(folderOf(key)) && (isOtherFile(nameOf(key)) || isEvaluatorOutputName(nameOf(key)));
  return { kept: keys.filter((key) => !isNats(key)), passedOver: keys.filter(isNats) };
}

/** Whether an object so begins as an evaluator's output does. */
export const beginsEvaluatorOutput = (head: Buffer): boolean =>
  /^\s*\{\s*"(?:average_score|eval_output_items)"/.test(head.toString('latin1'));

export const nameOf = (key: string): string => key.slice(folderOf(key).length);
