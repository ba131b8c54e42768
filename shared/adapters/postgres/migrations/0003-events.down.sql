-- Loses: everything that was recorded.
drop schema metrics cascade;
drop schema sessions cascade;
drop schema events cascade;
