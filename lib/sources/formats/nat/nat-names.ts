import { NatKeys } from '../../../contract/nat-keys.ts';

/** How NAT's traces name what candidates are read from. */
export interface NatNames {
  /** `payload.name` of the TTC_END steps that are candidates. */
  readonly step: string;
  /** The item's keys for its id and for its steps. */
  readonly id: string;
  readonly trajectory: string;
}

export const natNames = (
  step: string,
  { id_key: id, trajectory_key: trajectory }: Pick<NatKeys, 'id_key' | 'trajectory_key'> = DEFAULT_KEYS,
): NatNames => ({ step, id, trajectory });

const DEFAULT_KEYS = NatKeys.parse({});
