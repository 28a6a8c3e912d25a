-- Certificates that admin-api issued (spec 2.1, Enrolment), and the revocation lists that name them.
alter table agent_credentials
    add column issuer      text,
    add column serial      bytea,
    add column certificate text,
    add column paired_with text references agent_credentials (key_id),
    add column crl_number  bigint;
comment on column agent_credentials.issuer is 'SHA-256 of the public key of the authority that issued it; null: a key, or a certificate of somebody else';
comment on column agent_credentials.certificate is 'PEM, its chain after it, as the agent was answered: the same request is answered the same again';
comment on column agent_credentials.paired_with is 'the Ed25519 credential with the same key, made in the same enrolment; the two end together';
comment on column agent_credentials.crl_number is 'the first revocation list that names it; null and revoked: none does yet';
alter table agent_credentials add constraint agent_credentials_issued
    check ((issuer is null) = (serial is null) and (issuer is null or kind = 'certificate'));
create unique index agent_credentials_serial on agent_credentials (issuer, serial) where issuer is not null;
create index agent_credentials_pair on agent_credentials (paired_with) where paired_with is not null;
create index agent_credentials_revoked on agent_credentials (issuer, expires_at) where issuer is not null and status = 'revoked';
create index agent_credentials_unlisted on agent_credentials (issuer, expires_at)
    where issuer is not null and status = 'revoked' and crl_number is null;

create table revocation_lists (
    issuer       text primary key,
    crl_number   bigint not null,
    crl          bytea,
    entries      integer not null default 0,
    made_at      timestamptz,
    next_update  timestamptz
);
comment on table revocation_lists is 'the newest list of each authority (RFC 5280, section 5); its row is the lock of those who make the next one';
grant select, insert, update on revocation_lists to admin_api;
