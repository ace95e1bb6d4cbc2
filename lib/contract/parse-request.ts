import { InvalidRequest } from '../errors.ts';
import { datasetForTraining } from './dataset-for-training.ts';
import { explainIssues } from './explain-issues.ts';
import { Request } from './request.ts';

/** The request with its defaults filled in, its dataset as its trainer wants it. Throws {@link InvalidRequest} that names each wrong setting. */
export function parseRequest(given: unknown): Request {
  const value = withoutSchemaName(given);
  const parsed = Request.safeParse(value);
  if (parsed.success) return { ...parsed.data, dataset: datasetForTraining(parsed.data) };
  const sentences = explainIssues(parsed.error.issues, Request, value);
  const more = sentences.length - MOST_SENTENCES;
  const told = more > 0 ? [...sentences.slice(0, MOST_SENTENCES), `${more} more settings are wrong.`] : sentences;
  throw new InvalidRequest(told.join(' '), { cause: parsed.error });
}

/** `$schema` at the top tells an editor what to complete; it is no setting, and no part of what makes two requests differ. */
export function withoutSchemaName<Given>(given: Given): Given | Omit<Given, '$schema'> {
  if (typeof given !== 'object' || given === null || !('$schema' in given)) return given;
  const { $schema, ...settings } = given;
  return typeof $schema === 'string' ? settings : given;
}

/** More would not be read. */
const MOST_SENTENCES = 5;
