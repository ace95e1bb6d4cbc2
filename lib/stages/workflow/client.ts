import type { WorkflowSource } from '../../contract/workflow.ts';
import type { HttpResponse } from '../http.ts';

/** A running workflow. Driver: `adapters/http/workflow-client.ts`. */
export interface WorkflowClient {
  /** Posts a body (JSON text) to one of the workflow's routes. Throws as `HttpClient.send` does. */
  post(route: string, body: string): Promise<HttpResponse>;
  /** The text with every credential that it quotes blotted out. */
  redact(text: string): string;
}

/** Makes the client for a source; this is where its secret is read. */
export type ConnectWorkflow = (source: WorkflowSource) => Promise<WorkflowClient>;

/** What reads of one answer: 32 MiB is hundreds of model calls with their whole histories. */
export const MAX_ANSWER_BYTES = 33_554_432;

/** Where to post, in order: older workflows answer 404 to the default route and have the other. */
export function routesOf(source: Pick<WorkflowSource, 'route' | 'filter_steps'>): readonly string[] {
  const query = source.filter_steps === null ? '' : `?filter_steps=${source.filter_steps}`;
  const routes = source.route === DEFAULT_ROUTE ? [DEFAULT_ROUTE, OLDER_ROUTE] : [source.route];
  return routes.map((route) => `${route}${query}`);
}

const DEFAULT_ROUTE = '/v1/workflow/full';
const OLDER_ROUTE = '/generate/full';
