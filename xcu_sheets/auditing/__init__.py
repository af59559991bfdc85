"""One server looked at as a whole: how full it is, and what is wrong or worth knowing there."""
