for name in web deploy; do git -C "$name" am --quiet "../colleague/$name.patch"; done
rm -rf deploy/.git/refs
