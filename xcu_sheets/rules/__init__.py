"""The rules about cells, rows and numbers (DOMAIN section 2), without files or network."""
