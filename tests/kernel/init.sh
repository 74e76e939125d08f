#!/bin/bash
# The first process of the kernel that inside.sh starts; the kernel's command line has brought WORK and MODULES.
export PATH=/usr/sbin:/usr/bin:/sbin:/bin
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t tmpfs tmpfs /run
mkdir -p /dev/shm /run/tmp /run/lib
mount -t tmpfs tmpfs /dev/shm
mount -t hostfs none "$WORK" -o "$WORK"

# over DIRECTORY: what is written there is gone with this kernel.
over() {
    mkdir -p "/run/over$1/upper" "/run/over$1/work"
    mount -t overlay overlay -o "lowerdir=$1,upperdir=/run/over$1/upper,workdir=/run/over$1/work" "$1"
}
ln -s "$MODULES" /run/lib/modules
modprobe --dirname /run overlay
over /etc
if [ ! -d /lib/modules ]; then # a host that shares another's kernel may have none
    over "$(realpath /lib)"
    mkdir /lib/modules
fi
mount --bind "$MODULES" /lib/modules
ip link set lo up

(
    . "$WORK/kernel/environment"
    export TMPDIR=/run/tmp HOME=/run/tmp
    . "$WORK/kernel/command"
) >"$WORK/kernel/output" 2>&1 </dev/null
echo $? >"$WORK/kernel/rc"
sync
# There may be no poweroff here; reboot(2) with LINUX_REBOOT_CMD_POWER_OFF is all it does.
exec python3 -c 'import ctypes; ctypes.CDLL(None).reboot(0x4321FEDC)'
