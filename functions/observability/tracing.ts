import { Tracer } from '@aws-lambda-powertools/tracer';
import type { Stage } from './metric-names.ts';

/** Without a subsegment for each of the hundreds of requests that a step makes to S3. */
const tracer = new Tracer({ captureHTTPsRequests: false });

/** The step as a subsegment of its invocation, to be found by the annotations `run_id` and `stage`. */
export async function traced<Result>(
  stage: Stage,
  runId: string | undefined,
  step: () => Promise<Result>,
): Promise<Result> {
  const invocation = tracer.getSegment();
  const subsegment = invocation?.addNewSubsegment(`## ${stage}`);
  if (!invocation || !subsegment) return step();
  tracer.setSegment(subsegment);
  tracer.putAnnotation('stage', stage);
  if (runId !== undefined) tracer.putAnnotation('run_id', runId);
  try {
    return await step();
  } catch (error) {
    if (error instanceof Error) tracer.addErrorAsMetadata(error);
    throw error;
  } finally {
    subsegment.close();
    tracer.setSegment(invocation);
  }
}
