-- Loses: every key and source.
drop schema access cascade;
