git -C app/prj_02 diff --quiet || git -C app/prj_02 commit -am "Say where CI runs"
