-- Where each sensor hangs: run once, when the database is made.
CREATE TABLE place (sensor text PRIMARY KEY, room text NOT NULL);
INSERT INTO place VALUES ('boiler', 'basement'), ('cellar', 'cold store'), ('roof', 'above the shop');
