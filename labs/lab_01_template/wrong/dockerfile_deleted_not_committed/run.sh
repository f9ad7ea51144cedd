for name in web deploy; do git -C "$name" am --quiet "../colleague/$name.patch"; done
rm -r deploy/images
