# A capture on links that live for seconds: bash live.sh SCENARIO FOLDER NODE DIST CAPTURE
# What the command says goes to FOLDER/out and FOLDER/err, its exit code to FOLDER/code.
set -eu
scenario=$1 folder=$2 node=$3 dist=$4 capture=$5
cd "$folder"

# Links between two ends each, on which the kernel itself says nothing.
link() {
  ip link add "$1" type veth peer name "$1peer"
  echo 1 > "/proc/sys/net/ipv6/conf/$1/disable_ipv6"
  echo 1 > "/proc/sys/net/ipv6/conf/$1peer/disable_ipv6"
  ip link set "$1" up
  ip link set "$1peer" up
}

# live ARGUMENTS: starts the command and waits until it captures.
live() {
  : > err
  "$node" "$dist/cli/main.js" live "$@" > out 2> err &
  live=$!
  for _ in $(seq 1200); do
    grep -q '^Capturing' err && return
    kill -0 "$live" 2> /dev/null || break
    sleep 0.05
  done
  cat err >&2
  return 1
}

# send LINK TIMES [PACKETS_A_SECOND]: from the other end.
send() { "$node" "$(dirname "$0")/live-sender.mjs" "$dist" "$1peer" "$capture" "$2" ${3:-} >> sent; }

# ends: waits for the command, which is killed when it hangs.
ends() {
  ( sleep 90; kill -9 "$live" ) 2> /dev/null &
  watch=$!
  code=0
  wait "$live" || code=$?
  echo "$code" > code
  kill "$watch" 2> /dev/null || true
}

stop() { kill -INT "$live"; ends; }

# until_said FILE PATTERN: waits for a line.
until_said() {
  for _ in $(seq 1200); do grep -q "$2" "$1" && return; sleep 0.05; done
  echo "never said: $2" >&2
  cat "$1" >&2
  return 1
}

ip link set lo up
link one

case $scenario in
  arrive)
    live -i one -T fields -e ipv6.src -e ipv6.dst -e mip6.mhtype
    send one 1 2000
    stop
    ;;
  several)
    link two
    live -i one -i two -T fields -e frame.number -e frame.time_epoch -e frame.interface_name
    send one 1 2000 & first=$!
    send two 1 2000
    wait "$first"
    stop
    ;;
  filter)
    live -i one -f 'ip6 proto 135 or ip6 proto 60' -T fields -e frame.number
    send one 1 2000
    stop
    ;;
  drops)
    live -i one -B 1 -w all.pcapng
    kill -STOP "$live"
    send one 20
    kill -CONT "$live"
    stop
    ;;
  down)
    live -i one -T fields -e frame.number
    send one 1 2000
    ip link set one down
    until_said err 'went down'
    ip link set one up
    until_said err 'is back'
    send one 1 2000
    ip link del one
    until_said err 'is gone'
    link one
    for _ in $(seq 1200); do [ "$(grep -c 'is back' err)" = 2 ] && break; sleep 0.05; done
    send one 1 2000
    stop
    ;;
  ring)
    live -i one -w "$folder/ring.pcapng" -b filesize:20 -b files:3
    send one 2 2000
    stop
    ;;
  until)
    live -i one -w "$folder/until.pcapng" -c 5
    send one 1 2000
    ends
    ;;
  user)
    chmod 777 .
    live -i one --user nobody -w "$folder/user.pcapng"
    cat "/proc/$live/status" > status
    send one 1 2000
    ip link set one down
    until_said err 'went down'
    ip link set one up
    until_said err 'is back'
    send one 1 2000
    stop
    ;;
  pipe)
    ( code=0
      "$node" "$dist/cli/main.js" live -i one 2> err || code=$?
      echo "$code" > code ) | head -n 1 > out &
    piped=$!
    until_said err '^Capturing'
    send one 1 2000
    wait "$piped"
    for _ in $(seq 1200); do [ -s code ] && break; sleep 0.05; done
    ;;
  errors)
    tell() { code=0; "$node" "$dist/cli/main.js" live "$@" > /dev/null 2> told || code=$?; echo "== $code"; cat told; }
    { tell -i on
      tell -i one -f 'ip6 and'
      ip link set one down
      tell -i one
      ip link set one up
      setpriv --reuid 65534 --regid 65534 --clear-groups "$node" "$dist/cli/main.js" live -i one > /dev/null 2> told || echo "== $?"
      cat told; } > out
    ;;
esac
