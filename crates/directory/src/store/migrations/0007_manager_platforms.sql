-- The platform at whose dialect alone a manager counts; '' is every dialect.
ALTER TABLE group_managers ADD COLUMN platform {TEXT} NOT NULL DEFAULT '';
