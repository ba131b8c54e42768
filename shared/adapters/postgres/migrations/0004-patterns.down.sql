-- Loses: everything that was learned.
drop schema patterns cascade;
