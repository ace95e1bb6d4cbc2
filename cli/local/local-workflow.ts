import { type HereOptions, wayOutOfHere } from '../../adapters/http/way-out.ts';
import { workflowConnector } from '../../adapters/http/workflow-client.ts';
import type { ConnectWorkflow } from '../../lib/stages/workflow/client.ts';
import { type SecretHosts, withSecretsOnlyTo } from './secret-hosts.ts';

/** The way from this machine to live workflows. */
export const localWorkflow = (here: HereOptions, hosts: SecretHosts): ConnectWorkflow =>
  workflowConnector(withSecretsOnlyTo(hosts, wayOutOfHere(here)));
