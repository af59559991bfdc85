"""What the program talks about, as values: problems, errors, fields, resources, snapshots and books."""
