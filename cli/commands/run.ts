import { availableParallelism } from 'node:os';
import { Command } from 'commander';
import { collectValues } from '../collect-values.ts';
import { originFromFlag, refuseSecretsElsewhere } from '../local/secret-hosts.ts';
import { boundYoungSpace } from '../local/young-space.ts';
import { isLocal, s3Address } from '../locations.ts';
import { openInBrowser } from '../open-in-browser.ts';
import { createProgress } from '../progress.ts';
import { namedFiles, type RunArgs, requestFromArgs } from '../request-from-args.ts';
import { resultTable } from '../result-table.ts';
import type { Settings } from '../settings.ts';
import { spoolStandardInput } from '../standard-input.ts';
import { oneLine, print, tell } from '../terminal.ts';

/** `dpo run`: the whole pipeline on this machine. */
export function runCommand(codeVersion: string): Command {
  return new Command('run')
    .description('Build preference pairs from traces, on this machine.')
    .argument('[paths...]', 'trace files, directories of them, s3://bucket/prefix, or - for standard input')
    .requiredOption('--out <place>', 'directory or s3://bucket/prefix to write to')
    .option('--request <file>', 'a request, as JSON or YAML')
    .option('--nat-config <file>', "NAT's configuration file: its trajectory_builders, trainers and trainer_adapters")
    .option('--train', 'train with the trainer adapter of --nat-config, even if finetuning.enabled is false')
    .option('--set <setting=value>', 'one setting of the request; repeatable', collectValues)
    .option('--run-id <id>', 'name of the run; by default derived from its request and traces')
    .option('--shard-bytes <bytes>', 'bytes of traces per shard (limits.shard_bytes; 8 MiB for local files)')
    .option('--concurrency <count>', 'threads that build shards (limits.max_concurrency); by default one per core')
    .option('--allow-private-endpoint', 'allow a workflow or a trainer at a private address, or without https')
    .option(
      '--allow-secrets-to <host>',
      'a host, such as https://nemo.example.com, that may receive the secrets that the request names; repeatable',
      collectValues,
    )
    .option('--open', 'open the report in a browser when the run is committed (with --out on this machine)')
    .option('--quiet', 'print only the result')
    .option('--json', 'print the manifest as one line of JSON instead of the table')
    .addHelpText('after', HELP)
    .action(async (paths: string[], options: Omit<RunArgs, 'paths'> & Flags) => {
      await runHere({ ...options, paths, settings: shardsHere(paths) }, options, codeVersion);
    });
}

export interface Flags {
  readonly json?: boolean;
  readonly open?: boolean;
  readonly quiet?: boolean;
  readonly allowPrivateEndpoint?: boolean;
  readonly allowSecretsTo?: readonly string[];
}

const HELP = `
Later settings override earlier ones: defaults, --nat-config, --request, the other flags, --set.
A run is "strict" unless builder.compatibility is "nat", even with --nat-config. Strict never pairs ties or equal answers.

Examples:
  $ dpo run workflow_output.json --out out
  $ dpo run traces/ --out out --set builder.min_score_diff=0.05 --set dataset.formats=trl,openai
  $ dpo run workflow_output.json --out out --nat-config config.yml --set builder.compatibility=nat
  $ dpo run s3://my-traces/evaluations/ --out s3://my-collections --run-id nightly-7
  $ zcat traces.jsonl.gz | dpo run - --out out
  $ dpo run --request workflow.yaml --out out --allow-private-endpoint
  $ dpo run traces/ --out out --request training.yaml    (a training block trains on what came out)

Exit codes: 0 committed, 1 the run failed, 2 the request is wrong, 130 stopped by Ctrl-C.`;

/** The whole pipeline on this machine, from the command line to the exit code. */
export async function runHere(args: RunArgs, flags: Flags, codeVersion: string) {
  const { json = false, open = false, quiet = false, allowPrivateEndpoint = false, allowSecretsTo = [] } = flags;
  const say = (line: string): void => void (quiet || tell(`${oneLine(line)}\n`));
  const read = await requestFromArgs(args);
  const { request, runId, out, notes, whyTraining, secrets, inS3, concurrency } = read;
  const hosts = { allowed: new Set(allowSecretsTo.map(originFromFlag)), given: read.givenSecrets };
  refuseSecretsElsewhere(request, hosts);
  for (const note of whyTraining === undefined ? notes : [...notes, whyTraining]) say(note);
  // Loaded only now: a wrong request is told without waiting for the pipeline's code.
  const [{ openDeps }, { removeFilesOfDeadRuns }, { localThreads }, { runIdFor }, { runLocally }] = await Promise.all([
    import('../local/local-deps.ts'),
    import('../local/dead-runs.ts'),
    import('../local/local-threads.ts'),
    import('../local/run-id.ts'),
    import('../local/run-locally.ts'),
  ]);
  const locations = namedFiles(request);
  const places = { out, inS3, codeVersion, named: { locations, input: await spoolStandardInput(locations) } };
  const deps = await openDeps(places);
  const run_id = runId ?? (await runIdFor(request, deps));
  const progress = await createProgress(process.stderr, { lines: json, quiet });
  const threads = localThreads(places, run_id);
  removeFilesOfDeadRuns(out, run_id);
  process.once('SIGINT', async () => {
    progress.stop();
    say('Interrupted. Start the same command again: it continues from what it has written.');
    await threads.interrupt();
    process.exit(130);
  });
  boundYoungSpace();
  try {
    const { manifest, before, training } = await runLocally({
      request: { run_id, ...request },
      ...{ deps, progress },
      atOnce: concurrency ?? availableParallelism(),
      startWorkers: threads.start,
      memoryBytes: process.availableMemory(),
      workflow: async () => {
        const { localWorkflow } = await import('../local/local-workflow.ts');
        return localWorkflow({ environment: process.env, allowPrivate: allowPrivateEndpoint }, hosts);
      },
      training: async () => {
        const { localTraining } = await import('../local/local-training.ts');
        const environment = { ...process.env, ...secrets };
        return localTraining({ deps, out, hosts, environment, allowPrivate: allowPrivateEndpoint });
      },
    });
    progress.stop();
    if (before && !training) say(`Run ${run_id} is already committed; nothing to do.`);
    const shown = { progress: training, why: whyTraining };
    print(json ? `${JSON.stringify(manifest)}\n` : resultTable(manifest, placeOf(args.out), shown));
    if (!isLocal(out.bucket)) return;
    const report = new URL(manifest.report.key, out.bucket).href;
    say(`The report: ${report}`);
    if (open) openInBrowser(report);
  } finally {
    progress.stop();
    await threads.stop();
  }
}

/**
 * 8 MiB of a file are a tenth of a second of work: 300 MB keep every core of a large machine busy to the end, and a run
 * that is interrupted loses little. In S3, and on AWS, each shard costs requests, and is worth more.
 */
const shardsHere = (paths: readonly string[]): Settings =>
  paths.length > 0 && !paths.some((path) => s3Address(path)) ? { limits: { shard_bytes: 2 ** 23 } } : {};

const placeOf = (out: string): string => (out.endsWith('/') ? out : `${out}/`);
