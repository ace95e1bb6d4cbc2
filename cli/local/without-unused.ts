import { registerHooks } from 'node:module';

/**
 * Loads what imports the interpreter of the state machine without three of the interpreter's own imports: AWS's Lambda
 * client and credentials, because tasks are handlers here, and the validator, because `dpo` interprets one definition
 * and that is known to be sound. They would be a fifth of a short run's time.
 */
export async function withoutUnused<Module>(load: () => Promise<Module>): Promise<Module> {
  const hooks = registerHooks({
    resolve: (specifier, context, next) => {
      const standIn = context.parentURL?.includes(INTERPRETER) ? STAND_INS.get(specifier) : undefined;
      return standIn ? { url: `data:text/javascript,${standIn}`, shortCircuit: true } : next(specifier, context);
    },
  });
  try {
    return await load();
  } finally {
    hooks.deregister();
  }
}

const INTERPRETER = '/node_modules/aws-local-stepfunctions/';

/** What the interpreter makes as it starts, and functions that nobody calls. */
const STAND_INS = new Map([
  ['@aws-sdk/client-lambda', 'export class LambdaClient {}; export class InvokeCommand {}'],
  ['@aws-sdk/credential-providers', 'export const fromCognitoIdentityPool = undefined'],
  ['asl-validator', 'export default undefined'],
]);
