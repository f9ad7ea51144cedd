git clone --quiet app/prj_02 web
git -C web switch --quiet --force-create main v1.0.0
git clone --quiet infra deploy
