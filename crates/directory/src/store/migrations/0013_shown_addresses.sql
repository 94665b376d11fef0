-- What lists of users are sorted by where accounts without an address show one that is made up (store/user_fields.rs).
CREATE INDEX users_by_shown_email ON users
    ((CASE WHEN email_key = '' THEN REPLACE(uuid, '-', '') || '@usher.invalid' ELSE email_key END), id);
