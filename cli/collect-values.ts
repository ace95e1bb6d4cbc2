/** Of a flag that may be repeated: all its values, in their order. */
export const collectValues = (value: string, before: readonly string[] = []): string[] => [...before, value];
