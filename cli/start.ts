/**
 * Runs the command.
 */
import { runProgram } from './program.ts';
import { processTerminal } from './terminal.ts';

// All output is written synchronously, so that nothing is lost by not waiting for what still listens (a pipe on
// standard input, a terminal).
process.exit(await runProgram(process.argv.slice(2), processTerminal()));
