#!/bin/bash
# encapsulate.sh CASE ENCAPSULATE DISSECT WORK SAMPLES: one case of `encapsulate -i lo`, in a network namespace that it
# makes. Ends with 77 where that is refused, or a program is missing. The cases are the functions below.
set -u
case=$1 encapsulate=$2 dissect=$3 work=$4 samples=$5
table=$samples/http_basic.csv # twelve rows in four conversations

skip() {
  echo "skipped: $*"
  exit 77
}
fail() {
  echo "failed: $*"
  for file in "$work"/*.out; do echo "--- ${file##*/}" && head -c 4000 "$file" | cat -v; done
  exit 1
}
has() { grep -q -- "$1" "$2" 2>/dev/null; }
# run CODE OPTIONS...: encapsulate, which is to end with CODE; what it says is in run.out.
run() {
  local code=$1
  shift
  timeout 60 "$encapsulate" "$@" >run.out 2>&1
  local ended=$?
  [ $ended = "$code" ] || fail "exit code $ended, not $code, of: $*"
}
# count FILTER: packets of seen.pcap that it selects.
count() { "$dissect" -Y "$1" seen.pcap | wc -l; }
# Packets that lo has received.
on_lo() { awk '$1 == "lo:" { print $3 }' /proc/net/dev; }
# is WHAT NUMBER EXPECTED
is() { [ "$2" = "$3" ] || fail "$1: $2, not $3"; }
whole() { has "^12 of 12 rows found, each once, whole and in order$" run.out || fail "the verdict"; }

segments_via_ip() {
  run 0 "$table" -i lo --mode segments --via ip -w seen.pcap
  is "segments with data" "$(count 'tcp.len > 0')" 12
  is "RST" "$(count 'tcp.flags.reset == 1')" 12
  is "packets" "$(count frame)" 24
  has "12 messages, 12 packets, .* sent on lo via ip, .* 24 packets heard, 0 dropped" run.out || fail "the summary"
  whole
}

segments_via_wire() {
  run 0 "$table" -i lo --mode segments --via wire -w seen.pcap
  is "segments with data" "$(count 'tcp.len > 0')" 12
  is "RST" "$(count 'tcp.flags.reset == 1')" 0
  is "packets" "$(count frame)" 12
  whole
}

# "arrived at the reading socket" is the sender's own business: it ends with an error where a message does not.
segments_via_sockets() {
  run 0 "$table" -i lo --mode segments --via sockets -w seen.pcap
  is "SYN" "$(count 'tcp.flags.syn == 1')" 8
  is "segments with data" "$(count 'tcp.len > 0')" 12
  is "FIN" "$(count 'tcp.flags.fin == 1')" 8
  is "RST" "$(count 'tcp.flags.reset == 1')" 0
  whole
}

sessions() {
  for via in ip wire sockets; do
    run 0 "$table" -i lo --via $via --pace max -w seen.pcap
    whole
    [ $via = sockets ] || is "segments with SYN, via $via" "$(count 'tcp.flags.syn == 1')" 8
  done
  run 0 "$table" -i lo --via wire --pace max -w seen.pcapng.gz # any file that -w may name
  whole
}

# The counters of lo and the capture agree.
# Or as many thousands as ENCAP_TEST_ROUNDS says.
a_million() {
  local rounds=${ENCAP_TEST_ROUNDS:-1000} packets
  packets=$(echo "${rounds}000" | sed -E ':a; s/^([0-9]+)([0-9]{3})/\1,\2/; ta')
  { echo "message,src_app,dst_app,app_protocol" && seq -f "reading %.0f,sensor,hub,UDP" 1000; } >table.csv
  timeout 120 "$encapsulate" table.csv -i lo --via wire --pace max --loop "$rounds" -w seen.pcap >run.out 2>&1 ||
    fail "exit code $?"
  has " $packets packets, .* $packets packets heard, 0 dropped" run.out || fail "the summary"
  is "packets on lo" "$(on_lo)" "${rounds}000"
  is "octets in the file" "$(stat -c %s seen.pcap)" "$("$encapsulate" table.csv --link ether -w - 2>/dev/null | wc -c |
    awk -v rounds="$rounds" '{ print ($1 - 24) * rounds + 24 }')"
  has "^1000 of 1000 rows found" run.out || fail "the verdict"
}

# 10000 packets a second, within 1 % over 5 s; where the machine is busy with something else, in the best of three.
rate() {
  { echo "message,src_app,dst_app,app_protocol" && seq -f "reading %.0f,sensor,hub,UDP" 1000; } >table.csv
  local seconds
  for _ in 1 2 3; do
    run 0 table.csv -i lo --via wire --pace 10000/s --loop 50
    seconds=$(sed -nE 's/.* via wire, ([0-9.]+) s, .*/\1/p' run.out)
    awk -v s="$seconds" 'BEGIN { exit !(s >= 4.95 && s <= 5.05) }' && return
  done
  fail "50,000 packets took $seconds s"
}

# At the table's times, within 1 ms for all but the slowest packet.
table_times() {
  local worst
  for _ in 1 2 3 4 5; do
    run 0 "$table" -i lo --mode segments --via wire -w seen.pcap
    "$encapsulate" "$table" --mode segments -w planned.pcap 2>/dev/null
    worst=$(paste <("$dissect" -T fields -e frame.time_relative planned.pcap) \
      <("$dissect" -T fields -e frame.time_relative seen.pcap) |
      awk '{ d = $1 - $2; print d < 0 ? -d : d }' | sort -g | tail -2 | head -1)
    awk -v w="$worst" 'BEGIN { exit !(w <= 0.001) }' && return
  done
  fail "$worst s off"
}

counts_and_rounds() {
  run 0 "$table" -i lo --via wire --pace max --count 7 -w seen.pcap
  is "packets of --count 7" "$(count frame)" 7
  has "rows found, each once, whole and in order" run.out || fail "the verdict of --count"
  run 0 "$table" -i lo --via wire --pace max --loop 3 -w seen.pcap
  is "packets of --loop 3" "$(count frame)" 111
  has "^12 of 12 rows found, whole and in order$" run.out || fail "the verdict of --loop"
  run 0 - -i lo --via wire --pace max -w seen.pcap <"$table"
  whole
  run 2 - -i lo --loop 2 <"$table"
}

others_are_left_out() {
  timeout 20 bash -c 'while :; do echo hello >/dev/udp/127.0.0.1/7777; sleep 0.005; done' &
  local noise=$!
  run 0 "$table" -i lo --via wire -w seen.pcap
  is "packets" "$(count frame)" 37
  has "packets of others left out" run.out || fail "the summary"
  run 0 "$table" -i lo --via wire -w seen.pcap --noise
  kill $noise
  [ "$(count 'udp.port == 7777')" -gt 0 ] || fail "--noise keeps none"
  is "packets of the table" "$(count tcp)" 37
  whole
}

refusals() {
  run 1 "$table" -i lo --src-ip 192.168.1.10 --dst-ip 192.168.1.11 -w seen.pcap
  has "192.168.1.10 to 192.168.1.11, and with --via ip only 127.0.0.0/8 talks on lo" run.out || fail "the sentence"
  run 0 "$table" -i lo --via wire --pace max --src-ip 192.168.1.10 --dst-ip 192.168.1.11
  rm -f seen.pcap
  printf 'message,src_ip\nhello,127.0.0.1\nhello,300.1.1.1\n' >bad.csv
  run 1 bad.csv -i lo -w seen.pcap
  has "nothing was sent" run.out || fail "what it says of bad rows"
  [ ! -e seen.pcap ] || fail "there is a file"
  run 3 "$table" -i nosuch
  run 3 "$table" -i lo --pace max -w nosuch/seen.pcap
  run 2 "$table" -i lo --pace fast
  run 2 "$table" --via wire -w seen.pcap
  is "packets on lo" "$(on_lo)" 37 # of the one that was right
}

other_interfaces() {
  ip link add v0 type veth peer name v1 2>/dev/null || skip "no veth can be made"
  ip addr add 10.9.0.1/24 dev v0 && ip link set v0 up && ip link set v1 up || fail "the veth cannot be set up"
  local to_v0=(--via wire --pace max --src-ip 10.9.0.1 --dst-ip 10.9.0.2)
  run 2 "$table" -i v0 "${to_v0[@]}"
  has "v0 is no loopback interface: .* --allow-interface v0 says that this is meant" run.out || fail "the sentence"
  run 2 "$table" -i v0 --allow-interface lo "${to_v0[@]}"
  timeout 30 "$dissect" -i v1 -c 37 tcp >other.out 2>other.err &
  local listener=$!
  for _ in $(seq 1000); do has "^Capturing" other.err && break || sleep 0.01; done
  run 0 "$table" -i v0 --allow-interface v0 "${to_v0[@]}" -w seen.pcap
  whole
  wait $listener || fail "not all of it comes out at the other end"
}

# called_off SIGNAL CODE OPTIONS...
called_off() {
  local signal=$1 code=$2
  shift 2
  rm -f seen.pcap
  local before
  before=$(on_lo)
  "$encapsulate" "$table" -i lo --loop 1000000 -w seen.pcap "$@" >run.out 2>&1 &
  local sender=$! start
  for _ in $(seq 1000); do
    [ "$(on_lo)" -gt $((before + 5)) ] && break || sleep 0.01
  done
  is "capabilities left" "$(sed -nE 's/^Cap(Prm|Eff|Inh|Amb):\t//p' /proc/$sender/status | sort -u)" 0000000000000000
  start=$(date +%s%N)
  kill -"$signal" $sender
  kill -"$signal" $sender 2>/dev/null # as timeout(1) does, to the process and to its group: no second wish
  wait $sender
  local ended=$? took=$((($(date +%s%N) - start) / 1000000))
  [ $ended = "$code" ] || fail "exit code $ended: $*"
  [ $took -lt 2000 ] || fail "it took $took ms: $*" # 200 on a machine that is not busy; answers are waited for 5 s
  has " packets, .* sent on lo via .* heard, " run.out || fail "no summary: $*"
  local packets
  packets=$(sed -nE 's/.*; ([0-9,]+) packets? heard.*/\1/p' run.out | tr -d ,)
  is "packets in the file: $*" "$(count frame)" "$packets"
}
interrupted() {
  called_off INT 130 --via ip --pace 'csv*0.1'
  called_off TERM 143 --via wire --pace 500/s
  called_off INT 130 --via wire --pace max --count 1000000000
}

unprivileged() {
  command -v setpriv >/dev/null || skip "there is no setpriv"
  setpriv --bounding-set=-net_raw true 2>/dev/null || skip "privileges cannot be given up"
  setpriv --bounding-set=-net_raw "$encapsulate" "$table" -i lo -w seen.pcap >run.out 2>&1
  is "exit code" $? 4
  has "sudo setcap cap_net_raw=ep $(readlink -f "$encapsulate")" run.out || fail "what would help"
  [ ! -e seen.pcap ] || fail "there is a file"
}

[ "$(type -t "$case")" = function ] || fail "there is no such case"
if [ "${ENCAP_OWN_NETWORK:-}" != yes ]; then
  unshare -n true 2>/dev/null || skip "no network namespace of its own"
  ENCAP_OWN_NETWORK=yes exec unshare -n "$0" "$@"
fi
ip link set lo up || skip "lo cannot be set up"
rm -rf "$work" && mkdir -p "$work" && cd "$work" || fail "no folder to work in"
"$case"
echo "passed"
