// The bytes that mean something in JSON.

export const QUOTE: u32 = 34;
export const COMMA: u32 = 44;
export const COLON: u32 = 58;
export const OPEN_BRACKET: u32 = 91;
export const BACKSLASH: u32 = 92;
export const CLOSE_BRACKET: u32 = 93;
export const OPEN_BRACE: u32 = 123;
export const CLOSE_BRACE: u32 = 125;
export const NEWLINE: u32 = 10;
export const SPACE: u32 = 32;
export const TAB: u32 = 9;
export const RETURN: u32 = 13;

/** `byte` in each of 16 lanes. */
export function every(byte: u32): v128 {
  return i8x16.splat(i8(byte));
}
