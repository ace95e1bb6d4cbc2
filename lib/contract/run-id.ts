import * as z from 'zod';

/**
 * A run's name, and the folder it writes to: a Step Functions execution name (at most 80 characters) that can
 * neither leave its folder nor hide in it.
 */
export const RunId = z
  .string()
  .regex(
    /^[A-Za-z0-9][A-Za-z0-9_.-]{0,79}$/,
    'must be 1 to 80 letters, digits, "_", "-" or ".", beginning with a letter or digit',
  );
