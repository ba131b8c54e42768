-- Loses: own roles, token issuers and client certificates, the end of the audit trail and what of it was not on the log yet.
drop table access.outbox, access.trail, access.certificate, access.issuer, access.role;
