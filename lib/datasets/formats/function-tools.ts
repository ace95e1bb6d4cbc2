import * as z from 'zod';
import type { LeftOutReason } from '../../contract/dataset-result.ts';

/** A tool as OpenAI declares it. */
export const FunctionTool = z.looseObject({
  type: z.literal('function'),
  function: z.looseObject({ name: z.string() }),
});

/** Of formats that hold functions: a tool of another kind has no place. */
export const whyNotFunctions = (tools: readonly unknown[]): LeftOutReason | undefined =>
  tools.every((tool) => FunctionTool.safeParse(tool).success) ? undefined : 'tools';

/** Of formats without a place for tools. The model would not see what it was offered. */
export const whyNotTools = (): LeftOutReason => 'tools';

/** JSON text: parameters differ from tool to tool, and a column has one type. Without tools an empty list, never null. */
export const toolsText = (tools: readonly unknown[] | undefined): string => JSON.stringify(tools ?? []);
