"""benefits: who was insured on which day. Claims and benefits are not built yet; see README.md."""
