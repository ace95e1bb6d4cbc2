import { expect, test } from 'vitest';
import { expandVariables, hideVariables, noVariables } from '../../cli/nat-variables.ts';

const environment = { HOST: 'nemo.example.com', EPOCHS: '5', EMPTY: '', TOKEN: 'hf_secret', PREFIX: 'hf_' };

function expand(text: string) {
  const variables = noVariables();
  return { text: expandVariables(text, 'config.yml', { environment, variables }), variables };
}

// Held against expandvars 1.1.2, which NAT 1.9 calls with `surrounded_vars_only`.
test.each([
  [`https://\${HOST}/v1`, 'https://nemo.example.com/v1'],
  ['$HOST', '$HOST'],
  ['costs 5 $', 'costs 5 $'],
  ['$$', '$$'],
  [`\${EPOCHS}`, '5'],
  [`\${TEAM:-mine}`, 'mine'],
  [`\${TEAM-mine}`, 'mine'],
  [`\${EMPTY:-mine}`, 'mine'],
  [`\${EMPTY-mine}`, 'mine'],
  [`\${TEAM:-}`, ''],
  [`\${TEAM:-\${HOST}}`, 'nemo.example.com'],
  [`\${TEAM:-\${OTHER:-a}b}c`, 'abc'],
  [`\${TEAM:-a}b}`, 'ab}'],
  [`a\${TEAM}b`, 'ab'],
  [`# \${HOST}`, '# nemo.example.com'],
  [`\\\${HOST}`, `\${HOST}`],
  [`\\\\\${HOST}`, '\\nemo.example.com'],
  ['a\\b\\n', 'a\\b\\n'],
])('%j becomes %j', (text, expected) => {
  expect(expand(text).text).toBe(expected);
});

test.each([
  `\${}`,
  `\${ HOST }`,
  `\${HOST`,
  `\${HOST:+x}`,
  `\${HOST:1}`,
  `\${#HOST}`,
  `\${!HOST}`,
  `\${HOST:?x}`,
  `\${a.b}`,
])('%s is refused by its line', (form) => {
  expect(() => expand(`a: 1\nb: ${form}`)).toThrow(
    `config.yml has a \${…} at line 2 that is neither \${NAME} nor \${NAME:-default}.`,
  );
});

test('a variable that is not set and has no default is named', () => {
  expect([...expand(`\${TEAM} \${HOST} \${OTHER:-x} \${EMPTY}`).variables.unset]).toEqual(['TEAM', 'EMPTY']);
});

test('what came from the environment is taken out of a text again', () => {
  const { variables } = expand(`\${TOKEN} \${PREFIX} \${EPOCHS}`);
  expect(hideVariables('epochs must be 1 to 5, but is "5"; hf_secret, "hf_secret", "hf_"', variables)).toBe(
    `epochs must be 1 to 5, but is "\${EPOCHS}"; \${TOKEN}, "\${TOKEN}", "\${PREFIX}"`,
  );
});
