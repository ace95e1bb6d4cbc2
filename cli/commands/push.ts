import { Command } from 'commander';
import { print } from '../terminal.ts';
import { bytesInWords, counted } from '../wording.ts';

/** `dpo push`: a run's dataset to the Hugging Face Hub. */
export function pushCommand(): Command {
  return new Command('push')
    .description('Upload a committed dataset, with its card, to a Hugging Face hub.')
    .argument('<run>', "a run's directory or s3://bucket/runs/ID; with --out its id")
    .argument('<repo>', 'hf://organization/name')
    .option('--out <place>', 'where the run was written: directory or s3://bucket/prefix')
    .option('--format <name>', 'the dataset format to upload, if the run has several')
    .option('--public', 'make a new repo public; without it a new one is private')
    .addHelpText('after', HELP)
    .action(async (run: string, repo: string, options: { out?: string; format?: string; public?: boolean }) => {
      const { InvalidRequest } = await import('../../lib/errors.ts');
      const { HF_TOKEN: token, HF_ENDPOINT: hubUrl = 'https://huggingface.co' } = process.env;
      if (!token) throw new InvalidRequest('HF_TOKEN is not set. Set it to a token that may write to the repo.');
      const { pushDataset } = await import('../push-dataset.ts');
      const { out, format, public: isPublic = false } = options;
      const pushed = await pushDataset(run, repo, { out, format, isPublic, token, hubUrl });
      print(`${pushed.format}: ${counted(pushed.files, 'file')}, ${bytesInWords(pushed.bytes)}, at ${pushed.url}\n`);
    });
}

const HELP = `
The token comes from HF_TOKEN, the hub from HF_ENDPOINT (https://huggingface.co). All files go in one commit, so a
push that breaks off leaves the repo unchanged. Push again: it does not send an uploaded file twice.

Examples:
  $ HF_TOKEN=hf_… dpo push out/runs/first hf://my-team/preferences
  $ dpo push first hf://my-team/preferences --out s3://my-collections --format trl`;
