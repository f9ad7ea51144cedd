#!/bin/sh
# Install the lab from a bundle on a machine without a network, and without anything but Debian. It lies in the bundle:
#   tar -xOf lab.tar install.sh | sh -s -- lab.tar [DIRECTORY]
# It may be run again: what is there already stays. All that speaks against it is said before anything is written.
set -eu
export LC_ALL=C
copy_again="copy it again from where it was made"

# refuse OBJECT REASON [NEXT STEP]
refuse() {
	printf '%s: %s\n' "$1" "$2" >&2
	if [ $# -gt 2 ]; then printf '  next: %s\n' "$3" >&2; fi
	exit 1
}

say() { printf '%s\n' "$1"; }

# The content of a file of the bundle.
content() { tar --extract --to-stdout --occurrence=1 --force-local --file="$archive" "$1"; }

# A line of the manifest's head.
header() { printf '%s\n' "$manifest" | sed -n "s/^$1: //p"; }

# The manifest's lines about files: SHA256 BYTES INSTALLED-BYTES NAME
members() { printf '%s\n' "$manifest" | sed -n '/^$/,/^digest: /{/^$/d;/^digest: /d;p}'; }

read_manifest() {
	if [ ! -r "$archive" ]; then refuse "$archive" "cannot be read" "ls -l $archive"; fi
	if ! manifest=$(content manifest 2>/dev/null); then
		refuse "$archive" "is no bundle, or cut off: it has no manifest" "$copy_again"
	fi
	if [ "$(header format)" != 1 ]; then refuse "$archive" "is of a format that its script does not read"; fi
	digest=$(printf '%s\n' "$manifest" | sed '/^digest: /d' | sha256sum | cut -d ' ' -f 1)
	if [ "$(header digest)" != "$digest" ]; then
		refuse "$archive" "manifest is missing or differs from what was written" "$copy_again"
	fi
}

check_machine() {
	# shellcheck source=/dev/null
	release=$(. /etc/os-release && echo "$ID${VERSION_ID:+ $VERSION_ID}")
	if [ "$release" != "$(header release)" ]; then
		refuse "$archive" "is for $(header release), and this is $release" "lab bundle create   # on a machine as this"
	fi
	architecture=$(dpkg --print-architecture)
	if [ "$architecture" != "$(header architecture)" ]; then
		refuse "$archive" "is for $(header architecture), and this is $architecture" "lab bundle create   # on a machine as this"
	fi
}

# A checkout that is there is brought up to date, unless somebody has worked in it.
check_directory() {
	if [ ! -e "$directory" ] || { [ -d "$directory" ] && [ -z "$(ls -A "$directory")" ]; }; then return; fi
	if [ ! -e "$directory/.git" ]; then refuse "$directory" "is there already, and no checkout" "name another directory"; fi
	if ! changes=$(git -C "$directory" status --porcelain); then
		refuse "$directory" "does not tell whether it has changes" "git -C $directory status"
	fi
	if [ -n "$changes" ]; then
		refuse "$directory" "has changes that are not committed" "git -C $directory status   # or name another directory"
	fi
}

is_installed() { dpkg-query --show --showformat='${Status}' "$1" 2>/dev/null | grep -q 'ok installed'; }

check_packages() {
	missing=""
	for package in $(header packages); do
		# Docker brings a runc of its own along, which Debian's would replace.
		if [ "$package" = runc ] && command -v runc >/dev/null; then continue; fi
		if ! is_installed "$package"; then missing="$missing $package"; fi
	done
	missing=${missing# }
	as_root=""
	if [ -z "$missing" ] || [ "$(id -u)" = 0 ]; then return; fi
	if command -v sudo >/dev/null && sudo --non-interactive true 2>/dev/null; then as_root=sudo; return; fi
	refuse "$missing" "not installed, and this is neither root nor sudo" \
		"tar -xOf $archive install.sh | sh -s -- --packages $archive   # as root"
}

is_missing() {
	case $only_packages$1 in
		yespackages/*) [ -n "$missing" ] ;;
		yes*) return 1 ;;
		packages/*) [ -n "$missing" ] ;;
		cache/*) entry=${1#cache/}; [ ! -e "$cache/${entry%.tar.zst}" ] ;;
		*) [ ! -e "$directory/.git" ] ;;
	esac
}

# The first directory above a path that is there.
existing() {
	path=$1
	while [ ! -d "$path" ]; do path=$(dirname "$path"); done
	printf '%s\n' "$path"
}

# has_space DIRECTORY KIBIBYTES
has_space() {
	place=$(existing "$1")
	free=$(df -P -k "$place" | sed -n '2p' | tr -s ' ' | cut -d ' ' -f 4)
	if [ "$free" -lt "$2" ]; then
		refuse "$place" "has $((free / 1024)) MiB free, and the lab takes $(($2 / 1024)) MiB" "df -h $place"
	fi
}

# All goes through the cache; the checkout and its environment lie in the directory, which may be on another disk.
check_space() {
	needed=0
	in_directory=0
	while read -r _ _ installed name; do
		if ! is_missing "$name"; then continue; fi
		needed=$((needed + installed / 1024))
		case $name in
			checkout.bundle | cache/environment/*) in_directory=$((in_directory + installed / 1024)) ;;
		esac
	done <<-END
		$(members)
	END
	has_space "$cache" "$needed"
	has_space "$directory" "$in_directory"
}

# All files are read once, and nothing is written. A file that the manifest does not name, or that is there twice,
# would be installed unread.
check_digests() {
	say "comparing the files of $archive with their digests"
	files=$({ members | cut -d ' ' -f 4-; echo manifest; } | sort)
	if [ "$(tar --list --force-local --file="$archive" 2>/dev/null | sort)" != "$files" ]; then
		refuse "$archive" "has other files than its manifest names" "$copy_again"
	fi
	# shellcheck disable=SC2016 # for the shell that tar starts for each file
	digests=$(tar --extract --force-local --file="$archive" --to-command='echo "$(sha256sum | cut -d " " -f 1) $TAR_FILENAME"' 2>&1) || true
	while read -r sha256 _ _ name; do
		case "
$digests
" in
			*"
$sha256 $name
"*) ;;
			*) refuse "$archive" "$name is missing or differs from what was written" "$copy_again" ;;
		esac
	done <<-END
		$(members)
	END
}

apt_get() {
	$as_root env DEBIAN_FRONTEND=noninteractive apt-get -qq \
		-o "Dir::Etc::sourcelist=$scratch/sources.list" -o Dir::Etc::sourceparts=/dev/null \
		-o "Dir::State::lists=$scratch/lists" -o Dir::Cache::pkgcache= -o Dir::Cache::srcpkgcache= \
		-o APT::Sandbox::User=root "$@"
}

# From the bundle alone, whatever sources this machine has; never at the cost of packages that it has.
install_packages() {
	if [ -z "$missing" ]; then return; fi
	say "installing Debian packages: $missing"
	tar --extract --force-local --file="$archive" --directory="$scratch" packages
	echo "deb [trusted=yes] file:$scratch/packages ./" >"$scratch/sources.list"
	mkdir -p "$scratch/lists/partial"
	apt_get update
	# shellcheck disable=SC2086 # several words
	apt_get install --yes --no-remove --no-install-recommends $missing >/dev/null
}

# Each entry appears whole or not at all.
install_cache() {
	say "unpacking into $cache"
	while read -r _ _ _ name; do
		case $name in cache/*) ;; *) continue ;; esac
		if ! is_missing "$name"; then continue; fi
		entry=${name#cache/}
		entry=${entry%.tar.zst}
		content "$name" | zstd --decompress --quiet --stdout | tar --extract --file=- --directory="$scratch"
		mkdir -p "$(dirname "$cache/$entry")"
		mv "$scratch/$entry" "$cache/$entry"
	done <<-END
		$(members)
	END
}

install_checkout() {
	say "bringing the checkout into $directory"
	content checkout.bundle >"$scratch/checkout.bundle"
	if [ ! -e "$directory/.git" ]; then git init --quiet --initial-branch=main "$directory"; fi
	git -C "$directory" fetch --quiet --tags "$scratch/checkout.bundle" HEAD
	if ! git -C "$directory" merge --quiet --ff-only FETCH_HEAD; then
		refuse "$directory" "has commits of its own, and stays as it was" "git -C $directory log $(header revision)..HEAD"
	fi
}

main() {
	only_packages=""
	if [ "${1-}" = --packages ]; then only_packages=yes; shift; fi
	if [ $# -lt 1 ] || [ $# -gt 2 ]; then
		refuse install.sh "takes a bundle and a directory" "tar -xOf lab.tar install.sh | sh -s -- lab.tar [DIRECTORY]"
	fi
	archive=$1
	directory=${2-kubernetes-lab}
	case ${XDG_CACHE_HOME-} in /*) cache=$XDG_CACHE_HOME/kubernetes-lab ;; *) cache=$HOME/.cache/kubernetes-lab ;; esac
	read_manifest
	check_machine
	if [ -z "$only_packages" ]; then check_directory; fi
	check_packages
	check_space
	check_digests
	mkdir -p "$cache"
	exec 9>"$cache/bundle.lock"
	if ! flock --nonblock 9; then refuse "$cache" "another bundle is being made or installed"; fi
	scratch=$cache/bundle.part
	rm -rf "$scratch" # of one that was killed
	trap 'rm -rf "$scratch"' EXIT
	trap 'exit 130' INT
	trap 'exit 143' TERM HUP
	mkdir "$scratch"
	install_packages
	if [ -n "$only_packages" ]; then return; fi
	install_cache
	install_checkout
	say "the lab $(header version) is in $directory; next: cd $directory && make lab"
}

# What it starts must not read the script, where that comes through a pipe.
main "$@" </dev/null
