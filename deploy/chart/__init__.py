"""What is generated for the Helm chart: the schema of its values, and the tables of its README."""
