import { PipelineError } from '../../errors.ts';

/** The trainer could not be reached, or answered that it is not well; asking again may help. */
export class TrainerUnavailable extends PipelineError {
  override readonly name = 'TrainerUnavailable';
}

/** The trainer understood and said no: credentials, a wrong name, a setting it does not take. */
export class TrainerRefused extends PipelineError {
  override readonly name = 'TrainerRefused';
}

/** Somebody asked for the run's job a moment ago and has not said how it ended: wait, then look again. */
export class TrainingSubmitPending extends PipelineError {
  override readonly name = 'TrainingSubmitPending';
}

/** The job ended without a model. */
export class TrainingFailed extends PipelineError {
  override readonly name = 'TrainingFailed';
}

/** The job was canceled, and a deployment was to follow. */
export class TrainingCanceled extends PipelineError {
  override readonly name = 'TrainingCanceled';
}

/** The job's status could not be read too often in a row, or the job outlasted the status checks there are. */
export class TrainingLost extends PipelineError {
  override readonly name = 'TrainingLost';
}

/** The model is trained; its deployment failed. */
export class DeploymentFailed extends PipelineError {
  override readonly name = 'DeploymentFailed';
}

/** The model is trained; its deployment was not ready in time. */
export class DeploymentTimedOut extends PipelineError {
  override readonly name = 'DeploymentTimedOut';
}
