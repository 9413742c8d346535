-- Nothing comes back: what a key had is in the audit log, and a key with more is created by a person.
SELECT 1;
