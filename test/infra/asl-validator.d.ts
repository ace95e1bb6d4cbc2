// The package ships no types.
declare module 'asl-validator' {
  export default function aslValidator(definition: unknown): {
    readonly isValid: boolean;
    errorsText(): string;
  };
}
