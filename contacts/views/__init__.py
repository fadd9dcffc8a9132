"""The pages of offices and contact persons, one module for each thing that people do."""
