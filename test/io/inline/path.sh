# Programs in the path of packets, on links that live for seconds: bash path.sh SCENARIO FOLDER NODE PROGRAM
# What a program says goes to FOLDER/NAME.out, its exit code to FOLDER/NAME.code.
set -eu
scenario=$1 folder=$2 node=$3 program=$4
transfer=$(dirname "$0")/transfer.mjs
A=02:00:5e:00:53:0a B=02:00:5e:00:53:0b
mount -t tmpfs none /run
mkdir -p /run/netns
cd "$folder"

declare -A started=()
# start NAME NETWORK COMMAND...: in the background, as a process that signals reach
start() {
  local name=$1 network=$2
  shift 2
  ip netns exec "$network" "$@" >"$name.out" 2>"$name.err" </dev/null &
  started[$name]=$!
}
# runs NAME NETWORK MODE ARGUMENTS...: a program, until it stands
runs() {
  local name=$1 network=$2
  shift 2
  start "$name" "$network" "$node" "$program" "$@"
  until_said "$name" '^ready'
}
# until_said NAME PATTERN [TIMES]
until_said() {
  for _ in $(seq 4000); do
    [ "$(grep -c "$2" "$1.out")" -ge "${3:-1}" ] && return
    sleep 0.02
  done
  echo "$1 never said $2:" >&2
  cat "$1.out" "$1.err" >&2
  return 1
}
# until_heard NAME: a tcpdump listens
until_heard() {
  for _ in $(seq 4000); do grep -q 'listening on' "$1.err" && return; sleep 0.02; done
  return 1
}
# until_up NETWORK LINK: what is sent leaves again
until_up() {
  for _ in $(seq 4000); do ip -n "$1" link show "$2" | grep -q 'state UP' && return; sleep 0.02; done
  return 1
}
# ends NAME [SIGNAL]
ends() {
  [ "${2:-}" = '' ] || kill "-$2" "${started[$1]}"
  local code=0
  wait "${started[$1]}" || code=$?
  echo $code >"$1.code"
}
# reports NAME: counts so far, one more line
reports() {
  local before
  before=$(wc -l <"$1.out")
  kill -USR1 "${started[$1]}"
  for _ in $(seq 4000); do [ "$(wc -l <"$1.out")" -ge $((before + ${2:-1})) ] && return; sleep 0.02; done
  return 1
}
# sends FIRST COUNT [PAUSE [TAG]]: numbered packets from a
sends() {
  ip netns exec a "$node" "$program" send va $A $way "$@" >sent.out
}
# came: frames that came to b so far
came() {
  ip netns exec b cat /sys/class/net/vb/statistics/rx_packets
}
# hears NAME: what came to b up to now, once nothing comes any more
hears() {
  local before=-1 now=0
  while [ "$before" != "$now" ]; do
    before=$now
    sleep 0.4
    now=$(came)
  done
  reports hear
  tail -n 1 hear.out >"$1.out"
}

for name in a g b; do
  ip netns add $name
  ip -n $name link set lo up
done
ip link add va netns a type veth peer name ga netns g
ip link add vb netns b type veth peer name gb netns g
ip -n a link set va address $A
ip -n b link set vb address $B
for end in 'a va' 'g ga' 'g gb' 'b vb'; do ip -n ${end% *} link set ${end#* } up; done

# routed: g forwards, and queues what is queued
routed() {
  way=$(ip -n g -br link show ga | grep -oE '([0-9a-f]{2}:){5}[0-9a-f]{2}')
  ip netns exec g sysctl -qw net.ipv6.conf.all.forwarding=1
  ip -n a addr add 2001:db8:1::a/64 dev va nodad
  ip -n b addr add 2001:db8:2::b/64 dev vb nodad
  ip -n g addr add 2001:db8:1::1/64 dev ga nodad
  ip -n g addr add 2001:db8:2::1/64 dev gb nodad
  ip -n g neigh add 2001:db8:2::b lladdr $B dev gb
  ip -n g neigh add 2001:db8:1::a lladdr $A dev ga
  ip -n a route add default via 2001:db8:1::1
  ip -n b route add default via 2001:db8:2::1
  ip -n a neigh add 2001:db8:1::1 lladdr "$way" dev va
  # What b says against packets it does not know would be traffic nobody asked for.
  ip netns exec b ip6tables -A OUTPUT -p icmpv6 --icmpv6-type parameter-problem -j DROP
}
# flat: a and b are neighbours
flat() {
  way=$B
  ip -n a addr add 2001:db8:1::a/64 dev va nodad
  ip -n b addr add 2001:db8:1::b/64 dev vb nodad
  ip -n a addr add 192.0.2.1/24 dev va
  ip -n b addr add 192.0.2.2/24 dev vb
  ip netns exec b ip6tables -A OUTPUT -p icmpv6 --icmpv6-type parameter-problem -j DROP
  ip netns exec g sysctl -qw net.ipv6.conf.ga.disable_ipv6=1 net.ipv6.conf.gb.disable_ipv6=1
}
# queues PROTOCOL OPTIONS...: a rule
queues() {
  local protocol=$1
  shift
  ip netns exec g ip6tables -I FORWARD -p "$protocol" -j NFQUEUE --queue-num 7 "$@"
}
# transfers NAME ADDRESS-OF-B: 20 MB of TCP to b and back
transfers() {
  start "$1-serve" b "$node" "$transfer" serve "$2" 5000
  until_said "$1-serve" ready
  start "$1" a "$node" "$transfer" echo "$2" 5000 20000000
  ends "$1"
  ends "$1-serve"
}

case $scenario in
  verdicts)
    routed
    queues 253
    runs hear b hear vb
    for kind in runs fail; do
      runs $kind g queue 7 closed $kind
      sends 0 10000
      hears heard-$kind
      reports $kind 2
      ends $kind TERM
      ends hear TERM
      runs hear b hear vb
    done
    ends hear TERM
    ;;
  killed-open | killed-closed)
    # No process, then one that is killed in the middle.
    routed
    mode=${scenario#killed-}
    queues 253 $([ $mode = open ] && echo --queue-bypass || true)
    runs hear b hear vb
    sends 0 1000
    hears absent
    runs killed g queue 7 $mode pass
    before=$(came)
    sends 1000 4000 10 &
    while [ $(($(came) - before)) -lt 500 ]; do sleep 0.02; done
    ends killed KILL
    wait $!
    hears killed
    ends hear TERM
    ;;
  stopped-open | stopped-closed)
    routed
    mode=${scenario#stopped-}
    queues 253
    runs hear b hear vb
    runs stopped g queue 7 $mode pass 1000
    sends 0 1000
    hears before
    kill -STOP "${started[stopped]}"
    sends 1000 6000
    hears during
    kill -CONT "${started[stopped]}"
    hears after
    reports stopped 2
    ends stopped TERM
    ends hear TERM
    ;;
  conflict)
    routed
    runs holder g queue 7 open pass
    start second g "$node" "$program" queue 7 open pass
    ends second
    echo "${started[holder]}" >holder.pid
    start user g setpriv --bounding-set=-net_admin --inh-caps=-net_admin "$node" "$program" queue 8 open pass
    ends user
    ends holder TERM
    ;;
  close)
    # What waits when the queue is given up.
    routed
    runs hear b hear vb
    for mode in open closed; do
      ip netns exec g ip6tables -F FORWARD
      queues 253
      runs leaver-$mode g queue 7 $mode leave
      sends 0 320
      ends leaver-$mode
      hears left-$mode
    done
    ends hear TERM
    ;;
  deadline)
    routed
    queues 253
    runs hear b hear vb
    for mode in open closed; do
      runs late-$mode g queue 7 $mode drop 65535 1500
      kill -STOP "${started[late-$mode]}"
      sends 0 1000
      sleep 1.7
      sends 1000 1000
      kill -CONT "${started[late-$mode]}"
      hears late-heard-$mode
      ends late-$mode TERM
      ends hear TERM
      runs hear b hear vb
    done
    ends hear TERM
    ;;
  segments)
    # TCP as kernels send it, with segments that are cut by nobody yet.
    routed
    queues tcp
    runs routed g queue 7 closed pass
    transfers over-routed 2001:db8:2::b
    ends routed TERM
    ;;
  bridge)
    flat
    ip -n g link add br0 type bridge
    ip -n g link set ga master br0
    ip -n g link set gb master br0
    ip -n g link set br0 up
    ip netns exec g sysctl -qw net.bridge.bridge-nf-call-ip6tables=1
    queues tcp -m physdev --physdev-is-bridged
    queues 253 -m physdev --physdev-is-bridged
    runs hear b hear vb
    runs bridged g queue 7 closed odd
    transfers over-bridged 2001:db8:1::b
    sends 0 2000
    hears bridge-heard
    # A name that changes, and an interface that is replaced by another.
    ip -n g link set ga down
    ip -n g link set ga name gx
    ip -n g link set gx up
    until_up a va
    until_up g gx
    sends 2000 1000
    hears renamed-heard
    ends bridged TERM
    ends hear TERM
    ;;
  pair)
    flat
    runs hear b hear vb
    runs pair g pair ga gb odd
    transfers over-pair 2001:db8:1::b
    transfers over-pair-ipv4 192.0.2.2
    sends 0 20000
    hears pair-heard
    # Tags of VLANs, which kernels take off what comes in, and packets of which the judge is to see the tag.
    start listener b tcpdump --immediate-mode -i vb -U -w tagged.pcap vlan
    until_heard listener
    sends 20000 10 0 7
    sends 20010 10 0 33027
    sleep 0.1
    hears tagged-heard
    ends listener TERM
    reports pair 2
    ends pair TERM
    ends hear TERM
    ;;
  ports)
    flat
    runs hear b hear vb
    runs pair g pair ga gb pass
    # Down and up, gone and back.
    ip -n g link set ga down
    until_said pair 'ga is down'
    ip -n g link set ga up
    until_said pair '"up":true'
    until_up a va
    sends 0 1000
    hears up-heard
    ip -n g link del ga
    until_said pair 'ga is gone'
    ip link add va netns a type veth peer name ga netns g
    ip -n a link set va address $A
    ip -n a link set va up
    ip -n g link set ga up
    until_said pair '"up":true' 2
    until_up a va
    sends 1000 1000
    hears back-heard
    reports pair 2
    ends pair TERM
    # Packets wait for longer than the deadline.
    runs late g pair ga gb drop 1500
    kill -STOP "${started[late]}"
    sends 2000 500
    sleep 1.7
    sends 2500 500
    kill -CONT "${started[late]}"
    hears late-heard
    ends late TERM
    ends hear TERM
    ;;
esac
