-- Loses: every record on the log and the positions of its readers.
drop schema log cascade;
