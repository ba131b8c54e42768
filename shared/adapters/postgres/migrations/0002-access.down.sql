drop schema access cascade;
