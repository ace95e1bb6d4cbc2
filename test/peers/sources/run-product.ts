import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Manifest } from '../../../lib/contract/manifest.ts';
import { Group } from '../../../lib/contract/trajectory.ts';
import { runKeys } from '../../../lib/objects/keys.ts';
import { dpo } from '../../cli/dpo-process.ts';

/** The collection that `dpo run` makes of a file or a folder; `settings` as `--set` takes them. */
export async function runProduct(path: string, settings: readonly string[]): Promise<readonly Group[]> {
  const out = mkdtempSync(join(tmpdir(), 'dpo-peer-run-'));
  try {
    const lenient = ['limits.allow_empty=true', 'limits.max_rejected_fraction=1', 'dataset.formats=[]'];
    const set = [...lenient, ...settings].flatMap((setting) => ['--set', setting]);
    const { code, stdout, stderr } = await dpo(['run', path, '--out', out, '--json', '--quiet', ...set]);
    if (code !== 0) throw new Error(`dpo run ${path} ${settings.join(' ')} ended with ${code}: ${stderr}`);
    const { run_id } = Manifest.parse(JSON.parse(stdout));
    const lines = readFileSync(join(out, runKeys(run_id).collection), 'utf8')
      .split('\n')
      .slice(0, -1);
    return lines.map((line) => Group.parse(JSON.parse(line)));
  } finally {
    rmSync(out, { recursive: true });
  }
}
