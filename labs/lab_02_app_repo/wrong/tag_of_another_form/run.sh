git -C prj-02 tag v1
(cd prj-02 && scripts/ci.sh build && scripts/ci.sh push) > push.log 2>&1
