drop schema log cascade;
