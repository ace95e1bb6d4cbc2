/** The example that a repetition repeats: NAT names the repetitions of X `X_rep0`, `X_rep1`, … */
export const rootOf = (exampleId: string): string => exampleId.replace(/_rep\d+$/, '');
