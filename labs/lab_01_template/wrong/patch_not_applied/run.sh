for name in web deploy; do git -C "$name" apply "../colleague/$name.patch"; done
rm -r deploy/images
git -C deploy add -A
git -C deploy commit --quiet -m "Sort"
