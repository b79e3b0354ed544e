"""Files as they were uploaded: rows with limits and quotas, bytes in a folder or an S3 bucket."""
