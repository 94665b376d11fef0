-- Words of one or two letters are found by the pieces that begin with them, in a view of the search table's terms. Two line breaks
-- behind each text make such pieces of its last letters, so the table is made anew.
-- {SQLITE}
INSERT INTO user_search (user_search) VALUES ('delete-all');
INSERT INTO user_search (rowid, search) SELECT id, search || char(10, 10) FROM users;
DELETE FROM user_search_pending;
CREATE VIRTUAL TABLE user_search_terms USING fts5vocab (user_search, 'instance');
-- {END}
