-- Loses: every registered service, everything in the key-value store and who holds which lock.
drop schema registry cascade;
