/**
 * How long packets wait while memory is put in order.
 */

/**
 * Flags of Node.js with which packets wait less. What is new in memory is put in order often and in a little: with the 16 MiB
 * of Node.js a pause takes 7 to 18 ms while bindings come, with 1 MiB less than 1 ms, and CPU time stays the same
 * (`npm run bench:inline -- --judge`).
 */
export const SHORT_PAUSES: readonly string[] = ['--max-semi-space-size=1'];
