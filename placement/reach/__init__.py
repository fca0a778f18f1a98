"""What deployments could use: node groups as sets, and replicas per node."""
