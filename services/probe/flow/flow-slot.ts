// A slot of the flow index. In a file of its own the bundler puts these numbers in where they are used.

/** The key's hash. */
export const HASH = 0;
/** The first word of the flow's row, 0 for an empty slot. */
export const ROW = 1;
export const SLOT_WORDS = 2;
