import type { EndpointPurpose } from '../contract/allowed-endpoints.ts';
import type { Request } from '../contract/request.ts';
import type { NemoCustomizer, NemoPlatform } from '../contract/training.ts';
import type { WorkflowSource } from '../contract/workflow.ts';

/** An endpoint that a request names, and the secret that is to go there. */
export interface Reached<Purpose extends EndpointPurpose = EndpointPurpose> {
  readonly purpose: Purpose;
  /** The endpoint's setting: `source.workflow.endpoint`. */
  readonly setting: string;
  readonly url: string;
  /** Null where no secret is named. */
  readonly secret: string | null;
  /** The secret's setting. */
  readonly secretSetting: string;
}

/** Every endpoint that a request names. */
export function reachedEndpoints({ source, training }: Pick<Request, 'source' | 'training'>): readonly Reached[] {
  const { nemo_customizer: customizer, nemo_platform: platform } = training ?? {};
  return [
    ...('workflow' in source ? [workflowEndpoint(source.workflow)] : []),
    ...(customizer ? customizerEndpoints(customizer) : []),
    ...(platform ? [platformEndpoint(platform)] : []),
  ];
}

export const workflowEndpoint = ({ endpoint, auth_secret_arn }: WorkflowSource): Reached<'workflow'> => ({
  purpose: 'workflow',
  ...{ setting: 'source.workflow.endpoint', url: endpoint },
  ...{ secret: auth_secret_arn, secretSetting: 'source.workflow.auth_secret_arn' },
});

export const customizerEndpoints = (settings: NemoCustomizer): readonly Reached<'training'>[] => [
  {
    purpose: 'training',
    ...{ setting: 'training.nemo_customizer.entity_host', url: settings.entity_host },
    ...{ secret: settings.auth_secret_arn, secretSetting: 'training.nemo_customizer.auth_secret_arn' },
  },
  {
    purpose: 'training',
    ...{ setting: 'training.nemo_customizer.datastore_host', url: settings.datastore_host },
    ...{ secret: settings.hf_token_secret_arn, secretSetting: 'training.nemo_customizer.hf_token_secret_arn' },
  },
];

export const platformEndpoint = ({ host, auth_secret_arn }: NemoPlatform): Reached<'training'> => ({
  purpose: 'training',
  ...{ setting: 'training.nemo_platform.host', url: host },
  ...{ secret: auth_secret_arn, secretSetting: 'training.nemo_platform.auth_secret_arn' },
});
