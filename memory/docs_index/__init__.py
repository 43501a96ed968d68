"""The product's docs and the connectors' pages, made searchable by meaning and by word."""
