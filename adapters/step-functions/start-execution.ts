import { ExecutionAlreadyExists, type SFNClient, StartExecutionCommand } from '@aws-sdk/client-sfn';

export interface DeployedMachine {
  readonly sfn: SFNClient;
  readonly stateMachineArn: string;
}

/** Starts an execution. A name is taken for 90 days: 'exists' then, unless the one that runs has the same input. */
export async function startExecution(
  { sfn, stateMachineArn }: DeployedMachine,
  name: string,
  input: unknown,
): Promise<'started' | 'exists'> {
  try {
    await sfn.send(new StartExecutionCommand({ stateMachineArn, name, input: JSON.stringify(input) }));
    return 'started';
  } catch (error) {
    if (error instanceof ExecutionAlreadyExists) return 'exists';
    throw error;
  }
}
