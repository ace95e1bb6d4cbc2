/** Most bytes of a file of settings: 1 MiB is a thousand times what a person writes. */
export const LARGEST_SETTINGS = 1_048_576;
