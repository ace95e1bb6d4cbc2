import { ExecutionAlreadyExists, type SFNClient, StartExecutionCommand } from '@aws-sdk/client-sfn';
import type { GatherDeps } from '../../lib/stages/gather-uploads.ts';

/** Starts executions of a state machine, each name once: Step Functions knows a name for 90 days after its end. */
export const startExecution =
  (client: SFNClient, stateMachineArn: string): GatherDeps['start'] =>
  async (name, input) => {
    try {
      await client.send(new StartExecutionCommand({ stateMachineArn, name, input: JSON.stringify(input) }));
    } catch (error) {
      if (!(error instanceof ExecutionAlreadyExists)) throw error;
    }
  };
