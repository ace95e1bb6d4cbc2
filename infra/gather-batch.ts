/** How a queue's events reach GatherUploads: so many together at most, and collected for so long. */
export const GATHER_BATCH = { events: 1_000, seconds: 60 } as const;
