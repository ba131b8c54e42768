-- Loses: what is counted of limits in the windows of now.
drop schema limits cascade;
