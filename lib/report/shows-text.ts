import type { Request } from '../contract/request.ts';

/** Whether the report may have text of the traces: prompts, answers, tools, names of turns, ids of examples, warnings. */
export const showsText = ({ report }: Pick<Request, 'report'>): boolean => report?.text ?? true;
