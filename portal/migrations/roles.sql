-- Who may do what in the database. Run once by its owner after `database migrate`, and again after each update:
--   psql -v ON_ERROR_STOP=1 -f portal/migrations/roles.sql
-- The faces and workers log in as a member of portal_app, `audit keep` as a member of portal_sealer.
DO $$ BEGIN
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'portal_app') THEN CREATE ROLE portal_app NOLOGIN; END IF;
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'portal_sealer') THEN CREATE ROLE portal_sealer NOLOGIN; END IF;
END $$;

GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO portal_app;
GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO portal_app;

-- The book of who looked: the application adds to it, the sealer seals it, and neither takes anything away.
REVOKE UPDATE, DELETE, TRUNCATE ON audit_events FROM portal_app;
REVOKE INSERT, UPDATE, DELETE, TRUNCATE ON audit_seals, audit_leaves, audit_anchors, audit_verifications FROM portal_app;
REVOKE ALL ON ALL TABLES IN SCHEMA public FROM portal_sealer;
GRANT SELECT ON audit_events, audit_seals, audit_leaves, audit_anchors, audit_verifications TO portal_sealer;
GRANT INSERT ON audit_seals, audit_leaves, audit_anchors, audit_verifications TO portal_sealer;
-- How far the numbers of events have come.
REVOKE ALL ON ALL SEQUENCES IN SCHEMA public FROM portal_sealer;
GRANT SELECT ON SEQUENCE audit_events_id_seq TO portal_sealer;

-- Histories: added to, never changed. The triggers say the same to everybody else.
REVOKE UPDATE, DELETE, TRUNCATE ON resident_history, filing_events, paper_checks FROM portal_app;
