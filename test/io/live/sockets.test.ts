import { describe, expect, it } from 'vitest';
import { socketStates } from '../../../io/capture/live/sockets.ts';

const TABLE = `sk               RefCnt Type Proto  Iface R Rmem   User   Inode
00000000588cba2a 3      2    0003   0     1 0      0      1707740
00000000cefef34f 2      3    0003   3     0 0      0      1707744
00000000a1d030dd 2      3    0003   -1    0 0      0      1707747
00000000a1d030de 3      3    0003   5     1 0      0      1707748
broken
`;

describe('table of packet sockets', () => {
  it('tells whether the interface of a socket is up, down or gone', () => {
    expect([...socketStates(TABLE)]).toEqual([
      ['1707740', 'up'],
      ['1707744', 'down'],
      ['1707747', 'gone'],
      ['1707748', 'up'],
    ]);
  });
});
