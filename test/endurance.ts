/** Whether tests that take minutes run as well: `npm run endurance`. */
export const IS_ENDURANCE = process.env['MIP6GUARD_ENDURANCE'] === '1';
