"""Words meet data: which table, column or stored value each part of a question may mean, with its evidence."""
