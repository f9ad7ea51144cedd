(cd prj-02 && scripts/ci.sh build && scripts/ci.sh push)
