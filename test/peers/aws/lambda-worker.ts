import { pathToFileURL } from 'node:url';
import type { Context } from 'aws-lambda';
import { contextOf } from '../../support/lambda-context.ts';

/** The process of one function, as Lambda keeps one: loads the bundle once, and answers one event after another. */

interface Bundle {
  readonly handler: (event: unknown, context: Context) => Promise<unknown>;
}

const [, , bundle = '', name = ''] = process.argv;
const { handler }: Bundle = await import(pathToFileURL(bundle).href);

process.on('message', (event) => {
  handler(event, contextOf(name)).then(
    (value) => process.send?.({ value: value ?? null }),
    (error: unknown) => {
      const { name: errorType, message: errorMessage } = error instanceof Error ? error : new Error(String(error));
      process.send?.({ error: { errorType, errorMessage, trace: [] } });
    },
  );
});
