#!/bin/bash
# Runs attack programs one after another, each with a capture of its own.
#
#   unshare --net --mount --propagation private --pid --fork --kill-child --mount-proc bash tools.sh FOLDER
#
# FOLDER/steps has one line for each: name, link and command, with a tab between. The command runs at the attacker; floods,
# which never end, are ended after 2 seconds. Leaves FOLDER/NAME-LINK.pcap, and in FOLDER/NAME.out what the program says.
. "$(dirname "$0")/lab.sh"
folder=$1
network
for name in router ha; do kernel_of $name all forwarding 1; done
address ha edge1 2001:db8:2::2/64
address ha home1 2001:db8:1::1/64
address attacker visited0 2001:db8:3::66/64
address attacker home0 2001:db8:1::66/64
ip -n "$PREFIX-ha" -6 route add default via 2001:db8:2::1 dev edge1
ip -n "$PREFIX-router" -6 route add 2001:db8:1::/64 via 2001:db8:2::2 dev edge0
for name in victim:visited1 attacker:visited0; do
  ip -n "$PREFIX-${name%:*}" -6 route add default via fe80::1 dev "${name#*:}"
done

# Programs that ask for an address of the interface get it when the kernel has tried it.
is_settled() { within "$1" ip -6 addr | grep -q fe80 && ! within "$1" ip -6 addr show tentative | grep -q inet6; }
for name in attacker victim router ha; do until_true 60 is_settled $name; done

while IFS=$'\t' read -r name link command; do
  file=$folder/$name-$link.pcap
  capture "$file" "$link" 10000
  # What never ends runs once; what waits for an answer that it missed, or gives up at once, tries again.
  case $name in *flood* | *exhaust*) tries=1 seconds=2 ;; *) tries=3 seconds=4 ;; esac
  for _ in $(seq $tries); do
    status=0
    # What a program reads is not the rest of the steps.
    within attacker timeout --kill-after 1 $seconds bash -c "$command" </dev/null >"$folder/$name.out" 2>&1 ||
      status=$?
    [ $status = 124 ] || grep -q Error "$folder/$name.out" || break
  done
  finish "$file"
done <"$folder/steps"
