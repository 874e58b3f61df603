"""What has a life: records of residents, residences, qualifications, certificates."""
