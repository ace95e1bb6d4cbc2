import * as z from 'zod';
import { OUTPUTS } from '../../lib/contract/pipeline-outputs.ts';
import { InvalidRequest } from '../../lib/errors.ts';

/** What a stack says of a pipeline. */
const Outputs = z.object({
  StateMachineArn: z.string(),
  TracesBucket: z.string(),
  CollectionsBucket: z.string(),
  UploadPrefix: z.string(),
});
export type Outputs = z.infer<typeof Outputs>;

export interface Asked {
  readonly stack: string;
  /** Where the stack has several. */
  readonly pipeline?: string | undefined;
}

/** The pipeline that is asked for, of all outputs of a stack. Throws {@link InvalidRequest} where there is not one. */
export function choosePipeline(outputs: Readonly<Record<string, string>>, { stack, pipeline }: Asked): Outputs {
  const found = pipelinesIn(outputs);
  const names = [...found.keys()].join(', ');
  if (found.size === 0) {
    throw new InvalidRequest(
      `Stack ${stack} has no outputs ${NAMES.join(', ')}: it has no dpo-trajectories pipeline, or an older one. Name another with --stack, or deploy it again.`,
    );
  }
  if (pipeline === undefined && found.size > 1) {
    throw new InvalidRequest(`Stack ${stack} has ${found.size} pipelines: ${names}. Name one with --pipeline.`);
  }
  const [only] = found.values();
  const chosen = pipeline === undefined ? only : found.get(pipeline);
  if (chosen) return chosen;
  throw new InvalidRequest(`Stack ${stack} has no pipeline ${pipeline}. It has: ${names || 'one without a name'}.`);
}

const NAMES = Object.keys(OUTPUTS);

/**
 * This project's own stack has the outputs by their names; in any other stack the CDK puts the construct's path before
 * each, which names the pipeline, and eight hexadecimal digits behind it. Outputs of the user's own may look alike: a
 * pipeline is what has all of them.
 */
function pipelinesIn(outputs: Readonly<Record<string, string>>): ReadonlyMap<string, Outputs> {
  const parts = Object.entries(outputs).flatMap(([key, value]) => {
    const bare = key.replace(/[0-9A-F]{8}$/, '');
    for (const path of [key, bare]) {
      const name = NAMES.find((one) => path.endsWith(one));
      if (name !== undefined) return [{ pipeline: path.slice(0, -name.length), name, value }];
    }
    return [];
  });
  const whole = [...Map.groupBy(parts, ({ pipeline }) => pipeline)].flatMap(([pipeline, its]) => {
    const read = Outputs.safeParse(Object.fromEntries(its.map(({ name, value }) => [name, value])));
    return read.success ? [[pipeline, read.data] as const] : [];
  });
  return new Map(whole);
}
