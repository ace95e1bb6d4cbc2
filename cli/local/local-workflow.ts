import { type HereOptions, wayOutOfHere } from '../../functions/http/way-out.ts';
import { workflowConnector } from '../../functions/http/workflow-client.ts';
import type { ConnectWorkflow } from '../../lib/workflow/client.ts';

/** The way from this machine to live workflows. */
export const localWorkflow = (here: HereOptions): ConnectWorkflow => workflowConnector(wayOutOfHere(here));
