#!/bin/sh
# image-root.sh FOLDER FILE...   Makes the root file system of an image: Node.js from node_modules, the shared libraries
# that it and the files need, the user they run as. Run in the build stage of a Dockerfile, on Debian.
set -eu
root=$1
shift

install -d "$root/usr/bin" "$root/etc" "$root/var/lib/dpkg/status.d"
install -d -m 1777 "$root/tmp"
# Symbols that nothing looks up at run time are a seventh of it.
strip -o "$root/usr/bin/node" node_modules/node/bin/node

printf 'root:x:0:0::/:/\nflowtap:x:65532:65532::/:/\n' > "$root/etc/passwd"
printf 'root:x:0:\nflowtap:x:65532:\n' > "$root/etc/group"
echo 'hosts: files dns' > "$root/etc/nsswitch.conf"
cp -L --parents /etc/os-release "$root"

libraries=$(ldd "$root/usr/bin/node" "$@" | grep -o '/[^ ]*\.so[^ ]*' | sort -u)
for library in $libraries; do
  # The path it is loaded by, not the one that symbolic links lead to.
  cp -L --parents "$library" "$root"
  # Scanners learn here which packages an image without a package manager has.
  package=$(dpkg --search "$library" "$(readlink -f "$library")" 2> /dev/null | head -n 1 | cut -d : -f 1)
  dpkg --status "$package" > "$root/var/lib/dpkg/status.d/$package"
  cp -L --parents "/usr/share/doc/$package/copyright" "$root"
done
