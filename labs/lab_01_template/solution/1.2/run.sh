for name in web deploy; do
    [ -n "$(git -C "$name" log --author=Mina)" ] || git -C "$name" am --quiet "../colleague/$name.patch"
    git -C "$name" log -1 --stat --author=Mina --format='%n%an: %s'
done

git -C deploy rm -r --quiet --ignore-unmatch images
git -C deploy diff --cached --quiet || git -C deploy commit --quiet -m "Leave building to the App repository"
git -C deploy log --oneline
