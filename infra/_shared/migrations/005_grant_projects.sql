-- Each project what it needs of the schemas above. Their logins are the server's, made when it starts
-- (k8s/base/configmaps/postgresql-roles.yaml); on a server that has none yet they are made here, and cannot log in.

-- +goose Up
-- +goose StatementBegin
DO $$
DECLARE
    project text;
BEGIN
    FOREACH project IN ARRAY ARRAY['prj_01', 'prj_02'] LOOP
        BEGIN
            EXECUTE format('CREATE ROLE %I', project);
        EXCEPTION WHEN duplicate_object OR unique_violation THEN
            NULL;
        END;
    END LOOP;
END
$$;
-- +goose StatementEnd

GRANT USAGE ON SCHEMA project_1 TO prj_01;
GRANT SELECT, INSERT, UPDATE, DELETE ON project_1.scalp_trade TO prj_01;

GRANT USAGE ON SCHEMA project_2, shared, analysis TO prj_02;
GRANT SELECT, INSERT ON project_2.swing_order TO prj_02;
GRANT SELECT, INSERT, UPDATE ON shared.portfolio_position TO prj_02;
GRANT SELECT ON analysis.ordered_by_day TO prj_02;

-- +goose Down
REVOKE ALL ON SCHEMA project_1, project_2, shared, analysis FROM prj_01, prj_02;
REVOKE ALL ON ALL TABLES IN SCHEMA project_1, project_2, shared, analysis FROM prj_01, prj_02;
