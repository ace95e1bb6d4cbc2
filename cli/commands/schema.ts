import { Command } from 'commander';
import { print } from '../terminal.ts';

/** `dpo schema`: the request's JSON Schema, for editors. */
export function schemaCommand(): Command {
  return new Command('schema')
    .description("Print the request's JSON Schema: editors complete and check a request.yaml with it.")
    .addHelpText('after', HELP)
    .action(async () => {
      const { default: schema } = await import('../../docs/request.schema.json', { with: { type: 'json' } });
      print(`${JSON.stringify(schema, null, 2)}\n`);
    });
}

const HELP = `
In an editor that knows the YAML language server, let request.yaml begin with
  # yaml-language-server: $schema=request.schema.json

Example:
  $ dpo schema > request.schema.json`;
