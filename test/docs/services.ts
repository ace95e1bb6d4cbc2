import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse, stringify } from 'yaml';
import * as z from 'zod';
import { startAwsServer } from '../cli/aws-server.ts';
import { startNemo } from '../support/nemo-server.ts';
import { startS3Server } from '../support/s3-server.ts';
import { answers, startWorkflowServer } from '../support/workflow-server.ts';
import { blocksOf, PAGES, ROOT } from './pages.ts';
import { placeSources } from './place-sources.ts';

const Item = z.looseObject({
  generated_answer: z.string(),
  intermediate_steps: z.array(
    z.looseObject({
      payload: z.looseObject({ event_type: z.string(), name: z.string().nullable(), UUID: z.string() }),
    }),
  ),
});

/** All that the commands of the docs speak to, on this machine, and a folder with the files that they name. */
export async function startServices(folder: string) {
  const s3 = await startS3Server();
  for (const bucket of ['my-traces', 'my-collections', 'traces', 'collections']) s3.createBucket(bucket);
  const sample = readFileSync(join(ROOT, 'examples/tic-tac-toe.json'));
  s3.put('my-traces', 'evaluations/monday.json', sample);

  const aws = await startAwsServer({
    ...{ StateMachineArn: 'arn:aws:states:eu-central-1:1:stateMachine:Machine', UploadPrefix: 's3://traces/traces/' },
    ...{ TracesBucket: 'traces', CollectionsBucket: 'collections' },
  });
  aws.advance = (execution) => {
    execution.status = 'SUCCEEDED';
    execution.output = { run_id: execution.name };
  };

  const [item] = Item.array().parse(JSON.parse(sample.toString()));
  const workflow = await startWorkflowServer(answers(item?.generated_answer ?? '', item?.intermediate_steps));
  const nemo = await startNemo();
  nemo.state.script = [{ status: 'completed', percentage_done: 100 }];
  nemo.state.deploymentScript = ['ready'];

  // A desktop that only notes what it was asked to open.
  mkdirSync(join(folder, 'desktop'));
  for (const name of ['xdg-open', 'open']) {
    writeFileSync(join(folder, 'desktop', name), `#!/bin/sh\necho "$1" >> '${folder}/opened'\n`, { mode: 0o755 });
  }
  cpSync(join(ROOT, 'examples'), join(folder, 'examples'), { recursive: true });
  placeSources(folder);
  placeTokenizer(join(folder, 'qwen'));
  cpSync(join(ROOT, 'test/golden/nat/evaluations/scored'), join(folder, 'eval_output'), { recursive: true });
  mkdirSync(join(folder, 'data'));
  writeFileSync(join(folder, 'data/questions.json'), JSON.stringify([{ id: 1, question: 'X', answer: 'X' }]));
  writeFileSync(join(folder, 'workflow_output.json'), sample);
  writeFileSync(join(folder, 'workflow.yaml'), workflowYaml(workflow.origin));
  const hosts = { entity_host: nemo.url, datastore_host: nemo.url, poll_interval_seconds: 1 };
  const training = z
    .object({ training: z.object({ nemo_customizer: z.looseObject({}) }) })
    .parse(parse(readFileSync(join(ROOT, 'examples/training.yaml'), 'utf8'))).training.nemo_customizer;
  writeFileSync(
    join(folder, 'examples/training.yaml'),
    stringify({ training: { nemo_customizer: { ...training, ...hosts } } }),
  );
  writeFileSync(join(folder, 'config.yml'), natConfig({ ...training, ...hosts }));

  return {
    environment: {
      ...{ AWS_ENDPOINT_URL: aws.endpoint, AWS_ENDPOINT_URL_S3: s3.endpoint, AWS_REGION: 'eu-central-1' },
      ...{ AWS_ACCESS_KEY_ID: 'test', AWS_SECRET_ACCESS_KEY: 'test' },
      PATH: `${join(folder, 'desktop')}:${process.env.PATH}`,
    },
    jobs: nemo.state.jobs,
    asked: workflow.asked,
    executions: aws.executions,
    close: () => Promise.all([s3.close(), aws.close(), workflow.close(), nemo.close()]),
  };
}

/** A model's folder, whose tokenizer takes every word for one it does not know. */
export function placeTokenizer(folder: string): void {
  const tokenizer = {
    ...{ version: '1.0', truncation: null, padding: null, added_tokens: [], normalizer: null },
    ...{ pre_tokenizer: { type: 'WhitespaceSplit' }, post_processor: null, decoder: null },
    model: { type: 'WordLevel', vocab: { '[unk]': 0 }, unk_token: '[unk]' },
  };
  const chat_template = '{% for m in messages %}<{{ m.role }}> {{ m.content }} {% endfor %}';
  mkdirSync(folder);
  writeFileSync(join(folder, 'tokenizer.json'), JSON.stringify(tokenizer));
  writeFileSync(
    join(folder, 'tokenizer_config.json'),
    JSON.stringify({ tokenizer_class: 'PreTrainedTokenizerFast', chat_template }),
  );
}

/** The workflow.yaml of docs/sources.md, at an address of this machine. */
function workflowYaml(origin: string): string {
  const blocks = PAGES.filter(({ path }) => path === 'docs/sources.md').flatMap(blocksOf);
  const [block] = blocks.filter(({ language, text }) => language === 'yaml' && text.includes('workflow:'));
  if (!block?.text.includes(WORKFLOW_ORIGIN))
    throw new Error(`docs/sources.md shows no workflow at ${WORKFLOW_ORIGIN}.`);
  return block.text.replace(WORKFLOW_ORIGIN, origin);
}

const WORKFLOW_ORIGIN = 'http://localhost:8000';

/** NAT's configuration with a trainer, its adapter and a builder of the sample's steps. */
const natConfig = (customizer: object): string =>
  stringify({
    trajectory_builders: { builder: { _type: 'dpo_traj_builder', ttc_step_name: 'dpo_candidate_move' } },
    trainers: { nemo: { _type: 'nemo_customizer_trainer' } },
    trainer_adapters: { nemo: { _type: 'nemo_customizer_trainer_adapter', ...customizer } },
    finetuning: { enabled: true, trainer: 'nemo', trajectory_builder: 'builder', trainer_adapter: 'nemo' },
  });
