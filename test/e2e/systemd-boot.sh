# systemd as process 1 of namespaces of its own, over a copy of this machine that nobody else sees:
#   unshare --fork --pid --mount --uts --ipc --cgroup --kill-child bash systemd-boot.sh FOLDER REPOSITORY NODE
# What is written goes to memory and is gone with the last process. The repository is at /opt/mip6guard.
set -eu
folder=$1 repository=$2 node=$3

mount --make-rprivate /
mount -t tmpfs tmpfs "$folder"
# over FOLDER TARGET: what is written to TARGET hides what FOLDER has, and goes nowhere else.
layers=0
over() {
  layers=$((layers + 1))
  mkdir -p "$folder/upper$layers" "$folder/work$layers" "$2"
  mount -t overlay overlay -o "lowerdir=$1,upperdir=$folder/upper$layers,workdir=$folder/work$layers" "$2"
}
over / "$folder/root"
cd "$folder/root"

# The program, and Node.js where the shell that starts it looks for it. Both may be where a unit sees nothing.
over "$repository" "$PWD/opt/mip6guard"
mkdir -p usr/local/bin
rm -f usr/local/bin/node
touch usr/local/bin/node
mount --bind "$node" usr/local/bin/node

# The network can be set, the machine cannot.
mount -t proc proc proc
mount --bind proc/sys proc/sys
mount --bind proc/sys/net proc/sys/net
mount -o remount,bind,ro proc/sys
mount -t sysfs sysfs sys
mount -t cgroup2 cgroup2 sys/fs/cgroup
mount -o remount,bind,ro sys
mount -t tmpfs -o mode=755 tmpfs run
mount -t tmpfs -o mode=1777 tmpfs tmp
mount -t tmpfs -o mode=755 tmpfs dev
mkdir dev/pts dev/shm dev/net
mount -t devpts -o newinstance,ptmxmode=0666,mode=0620 devpts dev/pts
for device in null zero full random urandom tty net/tun; do
  [ -e "/dev/$device" ] || continue
  touch "dev/$device"
  mount --bind "/dev/$device" "dev/$device"
done
ln -s pts/ptmx dev/ptmx
ln -s /proc/self/fd dev/fd
touch dev/console

# Nothing of this machine is started or mounted.
: >etc/fstab
rm -rf etc/machine-id etc/systemd/system etc/systemd/network
mkdir etc/systemd/system
tr -d - <proc/sys/kernel/random/uuid >etc/machine-id
for unit in systemd-udevd.service systemd-udev-trigger.service systemd-udevd-control.socket systemd-udevd-kernel.socket \
  systemd-timesyncd.service systemd-resolved.service systemd-networkd.service systemd-logind.service dbus.socket dbus.service \
  systemd-tmpfiles-setup.service systemd-tmpfiles-setup-dev.service systemd-tmpfiles-clean.timer systemd-sysctl.service \
  systemd-modules-load.service systemd-random-seed.service systemd-remount-fs.service systemd-journal-flush.service \
  systemd-binfmt.service proc-sys-fs-binfmt_misc.automount sys-kernel-debug.mount sys-kernel-tracing.mount \
  sys-fs-fuse-connections.mount dev-hugepages.mount systemd-firstboot.service systemd-sysusers.service ldconfig.service; do
  ln -s /dev/null "etc/systemd/system/$unit"
done

mkdir -p old
pivot_root . old
umount -l /old
exec env -i container=other PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
  /lib/systemd/systemd --unit=basic.target --log-target=journal-or-kmsg --log-level=notice </dev/null
