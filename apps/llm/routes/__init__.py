"""Routes: named ways to pick or combine models, run as steps of one durable run."""
