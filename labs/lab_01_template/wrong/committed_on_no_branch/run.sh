for name in web deploy; do git -C "$name" am --quiet "../colleague/$name.patch"; done
git -C deploy checkout --quiet --detach
git -C deploy rm -r --quiet images
git -C deploy commit --quiet -m "Leave building to the App repository"
