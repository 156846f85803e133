/**
 * Options that tshark has and `read` has not: what to use instead.
 */
import { Option } from 'commander';
import type { Command } from 'commander';
import { CliError, EXIT } from '../exit-codes.ts';

const CAPTURE = 'read is about captures; to see packets as they come:\n  mip6guard live -i eth0';
const NAMES = 'addresses are always shown as numbers; leave it out';
const EVERYTHING = 'every packet has all its fields; select some with -e';

/** Flags with the name of what they take, and what to do instead. */
const INSTEAD: readonly (readonly [flags: string, instead: string])[] = [
  ['-2', 'leave it out: what needs two readings (--findings) reads twice by itself'],
  ['-a <condition>', 'end after some packets with -c N'],
  ['-A <user:password>', CAPTURE],
  ['-b <condition>', CAPTURE],
  ['-B <size>', CAPTURE],
  ['-C <profile>', 'there are no profiles; leave it out'],
  ['-d <rule>', 'layers are found by their numbers alone; leave it out'],
  ['-D', CAPTURE],
  ['-f <filter>', `capture filters belong to tcpdump; to select packets: -Y 'mip6.mhtype == 5'`],
  ['-F <format>', '-w writes pcapng; to convert it: editcap -F pcap out.pcapng out.pcap'],
  ['-g', 'use umask and chmod'],
  ['-G [report]', 'for the fields: mip6guard fields'],
  ['-H <file>', NAMES],
  ['-i <interface>', CAPTURE],
  ['-I', CAPTURE],
  ['-j <protocols>', EVERYTHING],
  ['-J <protocols>', EVERYTHING],
  ['-K <keytab>', 'ESP keys come from --keys FILE (the esp_sa file of Wireshark)'],
  ['-L', CAPTURE],
  ['-M <packets>', 'leave it out: state is bounded'],
  ['-N <flags>', NAMES],
  [
    '-o <preference>',
    'there are no preferences; ESP keys come from --keys FILE (the esp_sa file of Wireshark)',
  ],
  ['-p', CAPTURE],
  ['-q', 'leave it out; packets are not shown when -w is given'],
  ['-Q', 'leave it out; what goes wrong is always said'],
  ['-R <filter>', 'use -Y FILTER'],
  ['-s <length>', CAPTURE],
  ['-S <separator>', 'packets are a line each; with -T fields: -E separator=C'],
  ['-t <format>', 'for the time: -T fields -e frame.time_epoch, frame.time_relative or frame.time'],
  ['-u <format>', 'seconds are shown as numbers; leave it out'],
  ['-U <pdus>', 'leave it out'],
  ['-W <option>', '-w writes pcapng with all interface names; leave it out'],
  ['-X <option>', 'there are no extensions; leave it out'],
  ['-y <type>', CAPTURE],
  ['-z <statistics>', 'for statistics of signalling and bindings: mip6guard audit FILE'],
];

/** Makes the command say what to use instead of an option it does not have. */
export function refuseTsharkOptions(command: Command): void {
  for (const [flags, instead] of INSTEAD) {
    const option = new Option(flags).hideHelp();
    command.addOption(option);
    command.on(`option:${option.name()}`, () => {
      throw new CliError(EXIT.usage, `read has no tshark option ${option.short ?? flags}`, {
        hint: instead,
      });
    });
  }
}
