import { isAssistant, readResponseItems, readTools } from '../conversation.ts';
import { messagesOf } from '../dialects.ts';
import { asRows } from '../fields/as-rows.ts';
import { unwrapJson } from '../fields/unwrap-json.ts';
import { isObject, type JsonObject } from '../json/exact-json.ts';
import { listOf, memberOf, objectsIn } from '../json/members.ts';
import { readKey } from '../read-key.ts';
import { lost, type SourceCandidate, type SourceLoss } from '../source-candidate.ts';
import { everyRecord, type RecordFormat, type RecordReading } from '../source-format.ts';
import { newestScores, readJudgement, type TraceScore, timeText } from './traces/newest.ts';
import { type ModelCall, type SpokenCall, traceCandidate } from './traces/trace.ts';

/**
 * MLflow's traces as JSON, or rows of its data frames, which have the same trace as text: spans, whose attributes are JSON
 * text, and the assessments that people and judges gave.
 */
export const mlflow: RecordFormat = asRows(
  {
    kind: 'records',
    name: 'mlflow',
    holds: 'conversations',
    scattered: true,
    listKey: 'traces',
    detect: everyRecord((record) => tracesIn(record) !== undefined),
    read,
  },
  ['info', 'data'],
);

interface MlflowTrace {
  readonly info: JsonObject;
  readonly spans: readonly JsonObject[];
}

/** A trace; a row of a data frame; or what a search printed, whole or its document beside one of its traces. */
function tracesIn(record: unknown): readonly MlflowTrace[] | undefined {
  if (!isObject(record)) return undefined;
  const found = record.traces ?? (typeof record.trace === 'string' ? unwrapJson(record.trace) : record);
  const traces = [found].flat().map((trace) => {
    if (!isObject(trace) || !isObject(trace.info) || !isObject(trace.data)) return undefined;
    const { info, data } = trace;
    return Array.isArray(data.spans) ? { info, spans: data.spans.filter(isObject) } : undefined;
  });
  return traces.length > 0 && traces.every((trace) => trace !== undefined) ? traces : undefined;
}

function read(record: unknown): RecordReading {
  const traces = tracesIn(record);
  if (!traces) return { rejected: lost('unknown_record', 'it has no trace with info and spans') };
  return { candidates: traces.map(readTrace) };
}

function readTrace({ info, spans }: MlflowTrace): SourceCandidate {
  const [first = NO_CALL, ...others] = spans.flatMap(readSpan);
  return traceCandidate({
    id: readKey(info.trace_id ?? info.request_id) ?? null,
    calls: [first, ...others],
    scores: newestScores(readAssessments(info.assessments)),
    loss: readLoss(info.state ?? info.status),
  });
}

const readLoss = (state: unknown): SourceLoss | undefined => {
  if (state === 'ERROR') return lost('error', 'the state of the trace is ERROR');
  return state === 'IN_PROGRESS' ? lost('in_progress', 'the state of the trace is IN_PROGRESS') : undefined;
};

const NO_CALL: ModelCall = {
  start: '',
  given: [],
  answered: [],
  tools: undefined,
  truncated: false,
  loss: lost('no_model_call', 'none of its spans is of the type CHAT_MODEL'),
};

function readSpan({ attributes, start_time_unix_nano: start, start_time: older }: JsonObject): readonly ModelCall[] {
  if (!isObject(attributes) || plain(attributes['mlflow.spanType']) !== 'CHAT_MODEL') return [];
  const inputs = unwrapJson(attributes['mlflow.spanInputs']);
  const outputs = unwrapJson(attributes['mlflow.spanOutputs']);
  const call = readCall(isObject(inputs) ? inputs : {}, isObject(outputs) ? outputs : {});
  return [{ ...call, start: timeText(start ?? older) }];
}

/** Chat completions, or the Responses API. */
function readCall(inputs: JsonObject, outputs: JsonObject): SpokenCall {
  const tools = readTools(inputs.tools);
  if (inputs.messages === undefined && inputs.input !== undefined) return { ...readResponses(inputs, outputs), tools };
  const given = messagesOf(inputs.messages) ?? [];
  const [choice] = objectsIn(outputs.choices);
  return {
    given,
    answered: (messagesOf(choice?.message) ?? []).filter(isAssistant),
    tools,
    truncated: choice?.finish_reason === 'length',
    ...(given.length === 0 && { loss: lost('no_content', 'its first call of a model has no messages in its inputs') }),
  };
}

function readResponses(
  { instructions, input }: JsonObject,
  { output, incomplete_details }: JsonObject,
): Omit<SpokenCall, 'tools'> {
  const said = typeof instructions === 'string' ? [{ role: 'system', content: instructions }] : [];
  const items = typeof input === 'string' ? [{ role: 'user', content: input }] : listOf(input);
  const given = readResponseItems([...said, ...items]);
  const answered = readResponseItems(listOf(output));
  return {
    given: 'messages' in given ? given.messages : [],
    answered: 'messages' in answered ? answered.messages : [],
    truncated: memberOf(incomplete_details, 'reason') === 'max_output_tokens',
    ...(!('messages' in given) && { loss: lost('unknown_item', `its input has an item of type ${given.unknown}`) }),
    ...(!('messages' in answered) && {
      loss: lost('unknown_item', `its output has an item of type ${answered.unknown}`),
    }),
  };
}

/** What was overridden by a later judgement is not valid; an expectation is no score. */
const readAssessments = (found: unknown): readonly TraceScore[] =>
  objectsIn(found).flatMap((assessment) => {
    const { feedback, valid, last_update_time: updated, create_time: created } = assessment;
    if (!isObject(feedback) || valid === false) return [];
    const name = readKey(assessment.assessment_name ?? assessment.name) ?? 'feedback';
    const failed = isObject(feedback.error);
    return {
      name,
      score: failed
        ? { loss: lost('feedback_error', `the judge of ${name} failed`) }
        : readJudgement(unwrapJson(feedback.value), name),
      updated: timeText(updated ?? created),
    };
  });

/** Attributes are JSON text, text among them too. */
const plain = (found: unknown): unknown => (typeof found === 'string' ? found.replace(/^"(.*)"$/s, '$1') : found);
