#!/bin/bash
# Three programs of Scapy in three namespaces: mobile node, home agent, and attacker unless told otherwise.
#
#   unshare --net --mount --propagation private --pid --fork --kill-child --mount-proc bash relay.sh FOLDER attacked|left-alone|claimed
#
# `claimed`: nobody relays, but on the home link programs claim the home address while the node is registered. Leaves
# FOLDER/visited.pcap, edge.pcap and home.pcap, and keys.esp_sa.
here=$(dirname "$0")
. "$here/lab.sh"
folder=$1
python=${PYTHON:-python3}
network
for name in ha attacker; do kernel_of $name all disable_ipv6 1; done
# Nobody of them answers for its neighbors: the router is told where they are.
neighbor() { ip -n "$PREFIX-router" neigh add "$1" lladdr "$2" dev "$3" nud permanent; }
neighbor 2001:db8:2::2 02:00:5e:00:53:03 edge0
neighbor 2001:db8:3::10 02:00:5e:00:53:10 visited2
neighbor 2001:db8:3::66 02:00:5e:00:53:66 visited2
ip -n "$PREFIX-router" -6 route add 2001:db8:1::/64 via 2001:db8:2::2 dev edge0

"$python" "$here/relay_attack.py" keys "$folder"
chmod 600 "$folder/keys.esp_sa"
capture "$folder/visited.pcap" visited
capture "$folder/edge.pcap" edge
capture "$folder/home.pcap" home
within ha "$python" "$here/relay_attack.py" home-agent "$folder" 2>"$folder/home-agent.out" &
others=($!)
if [ "$2" = attacked ]; then
  within attacker "$python" "$here/relay_attack.py" attacker "$folder" 2>"$folder/attacker.out" &
  others+=($!)
  until_true 60 test -e "$folder/attacker.ready"
fi
until_true 60 test -e "$folder/home-agent.ready"
within mn timeout 120 "$python" "$here/relay_attack.py" mobile-node "$folder" 2>"$folder/mobile-node.out" &
node=$!
if [ "$2" = claimed ]; then
  until_true 60 test -e "$folder/mobile-node.registered"
  # Each says it once, and is ended then.
  claim() { within attacker timeout 3 "$@" home0 "${words[@]}" >>"$folder/claims.out" 2>&1 || true; }
  words=(2001:db8:1::10 ff02::1 02:00:5e:00:53:67) && claim atk6-fake_advertise6 -n 1 &
  words=(-t 2001:db8:1::10 -s 2001:db8:1::10 -d ff02::1 -o -E 02:00:5e:00:53:67) && claim na6 -i &
fi
wait $node
for link in visited edge home; do finish "$folder/$link.pcap"; done
kill "${others[@]}" 2>/dev/null || true
