// Where things stand in the module's memory. The TypeScript side reads these as exports.

/** Slots: 16 bytes each, {start: u32, end: u32, escapes: u32}; the offsets count from INPUT, end 0 = absent. */
export const SLOTS: usize = 1024;
/** A byte a slot: how many of the slots that follow are members of the object in this slot. */
export const MEMBERS: usize = 1536;
/** A byte a slot: the slot of each element of the array in this slot, or 0. */
export const ELEMENT: usize = 1600;
/** Keys: 32 bytes a slot, a length, then at most 31 bytes of UTF-8. */
export const KEYS: usize = 2048;
/** A byte a level of nesting, up to INPUT. */
export const STACK: usize = 12288;
export const INPUT: usize = 65536;
