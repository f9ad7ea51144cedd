for name in web deploy; do git -C "$name" am --quiet "../colleague/$name.patch"; done
mkdir deploy/_shared/build
git -C deploy mv images/web/Dockerfile images/web/build.sh _shared/build/
git -C deploy commit --quiet -m "Move the Dockerfile"
