-- The keys of an organisation are looked at whenever one of them gets a name.
CREATE INDEX api_keys_organisation ON api_keys (organisation_id, platform);
