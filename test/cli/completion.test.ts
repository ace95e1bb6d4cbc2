import { execFileSync } from 'node:child_process';
import { expect, test } from 'vitest';
import { dpo } from './dpo-process.ts';

const complete = (script: string, ...words: string[]): string[] =>
  execFileSync(
    'bash',
    [
      '-c',
      `${script}\nCOMP_WORDS=("$@") COMP_CWORD=$(($# - 1)); _dpo; printf '%s\\n' "\${COMPREPLY[@]}"`,
      'bash',
      ...words,
    ],
    { encoding: 'utf8' },
  )
    .split('\n')
    .filter((word) => word !== '');

test('bash completes commands, flags and files', async () => {
  const { code, stdout } = await dpo(['completion', 'bash']);
  expect(code).toBe(0);
  expect(complete(stdout, 'dpo', 'ins')).toEqual(['inspect']);
  expect(complete(stdout, 'dpo', 'run', '--shard')).toEqual(['--shard-bytes']);
  expect(complete(stdout, 'dpo', 'run', 'package.j')).toEqual(['package.json']);
});

test('zsh and fish have scripts too, and any other shell is refused', async () => {
  expect((await dpo(['completion', 'zsh'])).stdout).toMatch(/bashcompinit[\s\S]*complete -o filenames -F _dpo dpo\n$/);
  expect((await dpo(['completion', 'fish'])).stdout).toContain(
    "complete -c dpo -n '__fish_seen_subcommand_from diff' -l out\n",
  );
  expect((await dpo(['completion', 'tcsh'])).code).toBe(2);
});
