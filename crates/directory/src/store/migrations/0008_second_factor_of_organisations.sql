-- Whether people homed in an organisation, or below it, must have a second factor.
ALTER TABLE organisations ADD COLUMN second_factor_required BIGINT NOT NULL DEFAULT 0;
