import type { AllowedEndpoints } from '../contract/allowed-endpoints.ts';
import { requireSettingsBelow } from '../contract/ceilings.ts';
import type { Request } from '../contract/request.ts';
import { refuseColumns } from '../datasets/refuse-columns.ts';
import { refuseFileType } from '../datasets/refuse-file-type.ts';
import type { CeilingDeps } from './below-ceiling.ts';
import { type ReadableDeps, refuseOtherPlaces } from './readable.ts';
import { refuseUnlisted } from './refuse-unlisted.ts';
import { refusePlainSecrets } from './training/plan.ts';

export interface RefuseDeps extends ReadableDeps, CeilingDeps {
  /** The only places that a request may have something sent to. Left out on the machine of the person who asks: any. */
  readonly endpoints?: AllowedEndpoints | undefined;
}

/** What a request shows by itself to be wrong or not allowed. Throws InvalidRequest, EndpointRefused, CeilingExceeded. */
export function refuseSettings(request: Request, deps: RefuseDeps): void {
  refuseOtherPlaces(request, deps);
  if (deps.endpoints) refuseUnlisted(request, deps.endpoints);
  if (deps.ceilings) requireSettingsBelow(request, deps.ceilings);
  if (request.training) refusePlainSecrets(request.training);
  refuseColumns(request.dataset);
  refuseFileType(request.dataset);
}
