import { PipelineError } from '../../errors.ts';

/** The run's traces hold more or fewer examples than it asked: something is lost, so nothing may be committed. */
export class AnswersMissing extends PipelineError {
  override readonly name = 'AnswersMissing';
}

/** An example got no answer, and the request does not go on without one (`continue_on_collection_error: false`). */
export class WorkflowFailed extends PipelineError {
  override readonly name = 'WorkflowFailed';
}
