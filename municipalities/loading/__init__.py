"""The register of places: read and checked from the files in `data/`, compared with the database, written."""
