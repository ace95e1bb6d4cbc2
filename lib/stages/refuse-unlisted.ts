import {
  type AllowedEndpoint,
  type AllowedEndpoints,
  type EndpointPurpose,
  findEndpoint,
  hasSecret,
} from '../contract/allowed-endpoints.ts';
import type { Request } from '../contract/request.ts';
import type { NemoCustomizer, NemoPlatform, TrainingSettings } from '../contract/training.ts';
import { EndpointRefused } from './http.ts';
import { customizerEndpoints, platformEndpoint, type Reached, workflowEndpoint } from './reached-endpoints.ts';

/**
 * Refuses a request that would send something to a place, with a secret, or in a name that the stack does not list: who
 * may start a run may not choose who gets the data. Throws {@link EndpointRefused}.
 */
export function refuseUnlisted({ source, training }: Pick<Request, 'source' | 'training'>, allowed: AllowedEndpoints) {
  if ('workflow' in source) requireListed(workflowEndpoint(source.workflow), allowed);
  if (training) refuseUnlistedTraining(training, allowed);
}

/** As {@link refuseUnlisted}, of the trainer alone. */
export function refuseUnlistedTraining(training: TrainingSettings, allowed: AllowedEndpoints): void {
  const { nemo_customizer, nemo_platform } = training;
  if (nemo_customizer) refuseCustomizer(nemo_customizer, allowed);
  if (nemo_platform) refusePlatform(nemo_platform, allowed);
}

/** The stack's entry of an endpoint. Throws {@link EndpointRefused} where there is none, or without the secret. */
export function requireListed<Purpose extends EndpointPurpose>(
  { purpose, setting, url, secret, secretSetting }: Reached<Purpose>,
  allowed: AllowedEndpoints,
): Extract<AllowedEndpoint, { purpose: Purpose }> {
  const found = findEndpoint(allowed, purpose, url);
  const origin = URL.canParse(url) ? new URL(url).origin : url;
  if (!found) {
    throw new EndpointRefused(
      `${setting} is at ${origin}: nothing is sent there, because the stack does not list it. Add {"origin":"${origin}","purpose":"${purpose}"} to the stack's allowedEndpoints, or name an endpoint that it lists.`,
    );
  }
  if (secret !== null && !hasSecret(found, secret)) {
    throw new EndpointRefused(
      `${origin} may not receive the secret that ${secretSetting} names: the stack does not bind it to this endpoint for ${purpose}. Add the secret's ARN to secretArns of this entry in the stack's allowedEndpoints, or leave ${secretSetting} out.`,
    );
  }
  return found;
}

function refuseCustomizer(settings: NemoCustomizer, allowed: AllowedEndpoints): void {
  const at = 'training.nemo_customizer';
  const { namespace, deploy_on_completion, deployment_config } = settings;
  for (const reached of customizerEndpoints(settings)) {
    const { url } = reached;
    const { namespaces } = requireListed(reached, allowed);
    requireName({ setting: `${at}.namespace`, value: namespace, list: 'namespaces', names: namespaces, url });
  }
  if (deploy_on_completion) requireImage(at, deployment_config, { url: settings.entity_host, allowed });
}

function refusePlatform(settings: NemoPlatform, allowed: AllowedEndpoints): void {
  const at = 'training.nemo_platform';
  const { host: url, workspace, storage, model } = settings;
  const { workspaces } = requireListed(platformEndpoint(settings), allowed);
  requireName({ setting: `${at}.workspace`, value: workspace, list: 'workspaces', names: workspaces, url });
  // `workspace/name`: a model of another workspace would be trained there.
  const [owner] = model.includes('/') ? model.split('/') : [];
  if (owner !== undefined) {
    requireName({ setting: `${at}.model`, value: owner, list: 'workspaces', names: workspaces, url });
  }
  if (storage.endpoint_url !== null) {
    const from = { setting: `${at}.storage.endpoint_url`, url: storage.endpoint_url };
    requireListed({ purpose: 'training', ...from, secret: null, secretSetting: '' }, allowed);
  }
  if (settings.deploy_on_completion) requireImage(at, settings.deployment_config, { url, allowed });
}

interface Named {
  readonly setting: string;
  readonly value: string;
  /** The list in the endpoint's entry. */
  readonly list: 'namespaces' | 'workspaces' | 'images';
  readonly names: readonly string[];
  readonly url: string;
}

function requireName({ setting, value, list, names, url }: Named): void {
  if (names.includes(value)) return;
  const { origin } = new URL(url);
  const listed = names.length === 0 ? 'none' : names.join(', ');
  throw new EndpointRefused(
    `${setting} is ${value}, and for ${origin} the stack lists ${listed}. Add it to ${list} of this entry in the stack's allowedEndpoints, or name one that is listed.`,
  );
}

function requireImage(
  at: string,
  { image_name, image_tag }: { readonly image_name: string; readonly image_tag: string },
  { url, allowed }: { readonly url: string; readonly allowed: AllowedEndpoints },
): void {
  const { images: names = [] } = findEndpoint(allowed, 'training', url) ?? {};
  if (names.includes(image_name)) return;
  const value = `${image_name}:${image_tag}`;
  requireName({ setting: `${at}.deployment_config`, value, list: 'images', names, url });
}
