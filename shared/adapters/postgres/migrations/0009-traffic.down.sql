-- Loses: what calls have taught. It is learned again from calls to come.
drop schema traffic cascade;
