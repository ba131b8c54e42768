drop schema patterns cascade;
